{#- Reads a delivered value as a type of the contract: null where it is missing, and null where it
    cannot be read, which the caller tells apart.

    value       SQL expression of the value as delivered
    found_type  its type in the delivery
    data_type   the contract's type -#}
{% macro typed_value(value, found_type, data_type) %}
    {%- set is_text = found_type == 'VARCHAR' or found_type.startswith('ENUM') or found_type == 'UUID' -%}
    {%- set text = 'cast(' ~ value ~ ' as varchar)' if found_type != 'VARCHAR' else value -%}
    {%- if data_type == 'varchar' -%}
        {{ return(typed_text(value, found_type)) }}
    {%- elif data_type == 'bigint' -%}
        {{ return('try_cast(round(' ~ ('try_cast(' ~ value ~ ' as double)' if is_text else value) ~ ') as bigint)') }}
    {%- elif data_type == 'double' -%}
        {{ return(finite('try_cast(' ~ value ~ ' as double)')) }}
    {%- elif data_type == 'boolean' -%}
        {{ return(value if found_type == 'BOOLEAN' else typed_boolean('lower(trim(' ~ text ~ '))')) }}
    {%- elif data_type == 'timestamp' -%}
        {{ return(typed_timestamp(value, found_type, text)) }}
    {%- elif data_type == 'date' -%}
        {{ return('try_cast(' ~ (typed_timestamp(value, found_type, text) if is_text else value) ~ ' as date)') }}
    {%- endif -%}
    {% do exceptions.raise_compiler_error("The contract names the type '" ~ data_type ~ "', which staging cannot read.") %}
{% endmacro %}


{#- Text without spaces around it. Identifiers that were written as fractions (1234.0, as data
    frames with gaps do) read as whole numbers. -#}
{% macro typed_text(value, found_type) %}
    {%- if found_type in ['FLOAT', 'DOUBLE'] or found_type.startswith('DECIMAL') -%}
        {{ return(
            'case when ' ~ value ~ ' = trunc(' ~ value ~ ') then cast(try_cast(' ~ value ~ ' as decimal(38, 0)) as varchar)'
            ~ ' else cast(' ~ value ~ ' as varchar) end'
        ) }}
    {%- endif -%}
    {%- set text = value if found_type == 'VARCHAR' else 'cast(' ~ value ~ ' as varchar)' -%}
    {{ return("nullif(trim(" ~ text ~ "), '')") }}
{% endmacro %}


{#- Infinity and not-a-number are no numbers; beyond 15 digits there are no cents. -#}
{% macro finite(number) -%}
    {{ return('case when ' ~ number ~ ' between -1e15 and 1e15 then ' ~ number ~ ' end') }}
{%- endmacro %}


{% macro typed_boolean(text) -%}
    {{ return(
        'case when ' ~ text ~ " in ('true', 't', 'yes', 'y', '1', '1.0') then true"
        ~ ' when ' ~ text ~ " in ('false', 'f', 'no', 'n', '0', '0.0') then false end"
    ) }}
{%- endmacro %}


{#- UTC. A date without a time is the end of that day, so that nothing is known too early. Its time is
    appended as text: DuckDB reads words such as `infinity` as times, and adding to them fails. -#}
{% macro typed_timestamp(value, found_type, text) %}
    {%- if found_type == 'DATE' -%}
        {{ return("try_cast(cast(" ~ value ~ " as varchar) || ' 23:59:59' as timestamp)") }}
    {%- elif found_type.startswith('TIMESTAMP WITH') -%}
        {{ return(utc_of_zoned(value)) }}
    {%- elif found_type.startswith('TIMESTAMP') -%}
        {{ return('try_cast(' ~ value ~ ' as timestamp)') }}
    {%- endif -%}
    {%- set trimmed = 'trim(' ~ text ~ ')' -%}
    {{ return(
        'case when length(' ~ trimmed ~ ') <= 10 then try_cast(' ~ trimmed ~ " || ' 23:59:59' as timestamp)"
        ~ ' else ' ~ utc_timestamp(trimmed) ~ ' end'
    ) }}
{% endmacro %}


{#- A survey answer as the seed survey_scale_answers writes it: `4.0` is `4`, ` Yes` is `yes`, and an
    emoji comes without its variation selector. -#}
{% macro normalized_answer(text) -%}
    {{ return("regexp_replace(replace(lower(" ~ text ~ "), '\uFE0F', ''), '^([0-9]+)[.]0+$', " ~ first_group() ~ ")") }}
{%- endmacro %}
