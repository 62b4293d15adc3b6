{#- The rules that refuse a row, in the order in which they are tried; the first one broken is
    reported. seeds/rejection_rules.csv says in words what each one means. -#}


{#- The first rule that a row breaks by itself, whatever else has arrived. -#}
{% macro broken_rule(source_table) %}
case
    when has_surplus then 'unreadable_line'
    when unreadable_column is not null then 'unparseable_value'
    when {{ is_any_null(contract_columns(source_table, 'key')) }} then 'missing_key'
    {% for name in contract_columns(source_table, 'required') %}
    when {{ name }} is null then 'missing_required_value'
    {% endfor %}
    {% for name in contract_columns(source_table, 'not_negative') %}
    when {{ name }} < 0 then 'negative_value'
    {% endfor %}
    {% for rule, condition in contract_of(source_table).meta.get('rules', {}).items() %}
    when {{ condition }} then '{{ rule }}'
    {% endfor %}
end
{%- endmacro %}


{#- The column that `broken_rule` is about, where it is about one. -#}
{% macro rejected_column(source_table) %}
case
    when broken_rule = 'unparseable_value' then unreadable_column
    {% for name in contract_columns(source_table, 'key') %}
    when broken_rule = 'missing_key' and {{ name }} is null then '{{ name }}'
    {% endfor %}
    {% for name in contract_columns(source_table, 'required') %}
    when broken_rule = 'missing_required_value' and {{ name }} is null then '{{ name }}'
    {% endfor %}
    {% for name in contract_columns(source_table, 'not_negative') %}
    when broken_rule = 'negative_value' and {{ name }} < 0 then '{{ name }}'
    {% endfor %}
end
{%- endmacro %}


{#- The rules of `broken_rule`, and what stands in the place of one, as a list of literals. -#}
{% macro lasting_rules(source_table) -%}
    {%- set rules = [
        forgotten_rule(), 'unreadable_line', 'unparseable_value', 'missing_key', 'missing_required_value',
        'negative_value'
    ] + contract_of(source_table).meta.get('rules', {}).keys() | list -%}
    {{ return("'" ~ rules | join("', '") ~ "'") }}
{%- endmacro %}


{#- The first rule that a row breaks given the clock and the other tables. -#}
{% macro judgement(source_table, relation, references) %}
case
    when {{ future_column(source_table, relation) }} is not null then 'in_the_future'
    {% for rule, reference in references.items() %}
    when {{ rule }}.{{ reference['columns'] | first }} is null then '{{ rule }}'
    {% endfor %}
end
{%- endmacro %}


{#- Joins that find the referenced rows; each is named after the rule that it decides. -#}
{% macro reference_joins(relation, references) %}
    {% for rule, reference in references.items() %}
left join {{ reference['relation'] }} as {{ rule }}
    on
    {% for column in reference['columns'] %}
        {{ 'and ' if not loop.first }}{{ relation }}.{{ column }} = {{ rule }}.{{ column }}
    {% endfor %}
    {% endfor %}
{%- endmacro %}


{#- The first column that lies in the future: later than some days after `loaded_at`, or than the
    run's clock. Due and estimated times may. -#}
{% macro future_column(source_table, relation) %}
{%- set clock = "timestamp '" ~ run_started_at.strftime('%Y-%m-%d %H:%M:%S') ~ "'" -%}
{%- set exempt = contract_columns(source_table, 'may_be_future') -%}
case
    {% for column in contract_of(source_table).columns.values()
        if column.data_type in ['timestamp', 'date'] and column.name not in exempt %}
    when {{ relation }}.{{ column.name }} > case
        when {{ relation }}.has_loaded_at
            then least(
                {{ relation }}.loaded_at + interval {{ var('future_tolerance_days') }} day, {{ clock }}
            )
        else {{ clock }}
    end then '{{ column.name }}'
    {% endfor %}
end
{%- endmacro %}


{#- The first column whose value is there and cannot be read as its type. -#}
{% macro unreadable_column(columns, found) %}
{%- set checks = [] -%}
{%- for column in columns if column.name in found -%}
    {%- set found_type = found[column.name][1] -%}
    {%- if column.data_type != 'varchar' or found_type in ['FLOAT', 'DOUBLE'] -%}
        {%- set delivered = 'delivered_' ~ column.name -%}
        {%- if found_type == 'VARCHAR' -%}
            {%- set delivered = "nullif(trim(" ~ delivered ~ "), '')" -%}
        {%- endif -%}
        {%- do checks.append(
            'when ' ~ column.name ~ ' is null and ' ~ delivered ~ " is not null then '" ~ column.name ~ "'"
        ) -%}
    {%- endif -%}
{%- endfor -%}
{{ return('case ' ~ checks | join(' ') ~ ' end' if checks else 'cast(null as varchar)') }}
{%- endmacro %}


{% macro is_any_null(columns) -%}
    {{ return(columns | join(' is null or ') ~ ' is null') }}
{%- endmacro %}
