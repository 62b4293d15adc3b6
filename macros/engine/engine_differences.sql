{#- One dispatched macro per thing that the engines write differently. -#}

{#- Text of a timestamp, with or without an offset, in UTC; null where it is none. A plain cast ignores
    the offset. A cast to a zoned type reads names of zones, too, and then applies the last one it read
    to texts without any, so only texts that end in an offset may reach it. -#}
{% macro utc_timestamp(text) -%}
    {{ return(adapter.dispatch('utc_timestamp', 'csat')(text)) }}
{%- endmacro %}

{% macro duckdb__utc_timestamp(text) -%}
    {{ return(
        "case when regexp_matches(" ~ text ~ ", ':[0-9.]+ ?(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)$')"
        ~ " then timezone('UTC', try_cast(replace(replace(" ~ text ~ ", ' +', '+'), ' -', '-') as timestamptz))"
        ~ " else try_cast(" ~ text ~ " as timestamp) end"
    ) }}
{%- endmacro %}


{#- A timestamp with zone as UTC without zone. -#}
{% macro utc_of_zoned(value) -%}
    {{ return(adapter.dispatch('utc_of_zoned', 'csat')(value)) }}
{%- endmacro %}

{% macro duckdb__utc_of_zoned(value) -%}
    {{ return("timezone('UTC', " ~ value ~ ")") }}
{%- endmacro %}


{#- The first group of a match in regexp_replace, as a literal. -#}
{% macro first_group() -%}
    {{ return(adapter.dispatch('first_group', 'csat')()) }}
{%- endmacro %}

{% macro duckdb__first_group() -%}
    {{ return("'\\1'") }}
{%- endmacro %}


{#- A JSON object of columns; `names` gives the keys where they differ from the columns. -#}
{% macro row_as_json(columns, names=none) -%}
    {{ return(adapter.dispatch('row_as_json', 'csat')(columns, names or columns)) }}
{%- endmacro %}

{% macro duckdb__row_as_json(columns, names) -%}
    {%- set pairs = [] -%}
    {%- for column in columns -%}
        {%- do pairs.append(names[loop.index0] ~ ' := ' ~ column) -%}
    {%- endfor -%}
    {{ return('cast(to_json(struct_pack(' ~ pairs | join(', ') ~ ')) as varchar)') }}
{%- endmacro %}


{#- `*` without some columns. -#}
{% macro all_columns_except(columns) -%}
    {{ return(adapter.dispatch('all_columns_except', 'csat')(columns)) }}
{%- endmacro %}

{% macro duckdb__all_columns_except(columns) -%}
    {{ return('* exclude (' ~ columns | join(', ') ~ ')') }}
{%- endmacro %}


{#- Whole days from one date to another, as BIGINT. -#}
{% macro days_between(first_date, second_date) -%}
    {{ return(adapter.dispatch('days_between', 'csat')(first_date, second_date)) }}
{%- endmacro %}

{% macro duckdb__days_between(first_date, second_date) -%}
    {{ return('cast(' ~ second_date ~ ' - ' ~ first_date ~ ' as bigint)') }}
{%- endmacro %}


{#- Seconds from one timestamp to another, as BIGINT. -#}
{% macro seconds_between(first_time, second_time) -%}
    {{ return(adapter.dispatch('seconds_between', 'csat')(first_time, second_time)) }}
{%- endmacro %}

{% macro duckdb__seconds_between(first_time, second_time) -%}
    {{ return("date_diff('second', " ~ first_time ~ ', ' ~ second_time ~ ')') }}
{%- endmacro %}


{#- Whether a comma-separated text names a value; null where either is missing. -#}
{% macro list_contains(list, value) -%}
    {{ return("(',' || replace(" ~ list ~ ", ' ', '') || ',') like ('%,' || " ~ value ~ " || ',%')") }}
{%- endmacro %}


{#- The value of the row that comes last by time, and by key where times are equal. -#}
{% macro latest_by(value, time, key) -%}
    {{ return(adapter.dispatch('latest_by', 'csat')(value, time, key)) }}
{%- endmacro %}

{% macro duckdb__latest_by(value, time, key) -%}
    {{ return('arg_max(' ~ value ~ ', row(' ~ time ~ ', ' ~ key ~ '))') }}
{%- endmacro %}
