{#- The kinds of periods that survey figures are given for. Each kind lays the days out without gap or overlap:
    days, ISO weeks (from Monday), calendar months, and blocks of 28 and 365 days counted back from the as-of
    date, of which the latest are the last 28 and the last 365 days. -#}
{% macro survey_period_kinds() -%}
    {{ return(['day', 'week', 'month', '28 days', '365 days']) }}
{%- endmacro %}


{#- Condition that the period of a kind has figures: all do, but for days, which have them for the estimation_days up
    to the as-of date alone. What happened on a day years ago is told by its answers; figures of every day of every
    year would be remade every day.

    kind        one of survey_period_kinds
    date        SQL of a day of the period
    as_of_date  SQL of the as-of date -#}
{% macro has_figures(kind, date, as_of_date) -%}
    {{ return(date ~ ' > ' ~ add_days(as_of_date, -var('estimation_days')) if kind == 'day' else 'true') }}
{%- endmacro %}


{#- First day of the period of a kind that a day lies in, as DATE.

    kind        one of survey_period_kinds
    date        SQL of the day
    as_of_date  SQL of the as-of date -#}
{% macro period_start(kind, date, as_of_date) -%}
    {%- if kind == 'day' -%}
        {{ return(date) }}
    {%- elif kind in ['week', 'month'] -%}
        {{ return("cast(date_trunc('" ~ kind ~ "', " ~ date ~ ") as date)") }}
    {%- endif -%}
    {%- set days = kind.split(' ')[0] -%}
    {%- set blocks_back = 'floor(' ~ days_between(date, as_of_date) ~ ' / ' ~ days ~ 'e0)' -%}
    {{ return(add_days(as_of_date, '(1 - ' ~ days ~ ' * (' ~ blocks_back ~ ' + 1))')) }}
{%- endmacro %}


{#- Last day of the period of a kind that begins on a day, as DATE. -#}
{% macro period_end(kind, first_day) -%}
    {%- if kind == 'day' -%}
        {{ return(first_day) }}
    {%- elif kind == 'week' -%}
        {{ return(add_days(first_day, 6)) }}
    {%- elif kind == 'month' -%}
        {{ return('cast(' ~ first_day ~ ' + interval 1 month - interval 1 day as date)') }}
    {%- endif -%}
    {{ return(add_days(first_day, kind.split(' ')[0] | int - 1)) }}
{%- endmacro %}


{#- Place of a period in the order of its kind, a whole number: neighbours differ by 1. Null for days and years.

    kind       SQL of the kind
    first_day  SQL of the first day of the period -#}
{% macro period_number(kind, first_day) -%}
    {%- set days = days_between("date '2001-01-01'", first_day) -%}
    case {{ kind }}
        when 'week' then cast(floor({{ days }} / 7e0) as bigint)
        when 'month' then
            cast(12 * extract(year from {{ first_day }}) + extract(month from {{ first_day }}) as bigint)
        when '28 days' then cast(floor({{ days }} / 28e0) as bigint)
    end
{%- endmacro %}
