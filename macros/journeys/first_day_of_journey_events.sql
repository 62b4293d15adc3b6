{#- First day of the events that journeys are made of, as a DATE literal. Journeys start in the estimation_days up to
    the as-of date; their anchor may ask for quiet of up to 366 days before (MOST_DAYS of csat.daily.journeys); and a
    quarter before that bills are issued and paid, which tells whether one was late. -#}
{% macro first_day_of_journey_events() -%}
    {{ return(
        '(' ~ literal_day(ref('int_as_of_date'), 'min(as_of_date)') ~ ' - ' ~ (var('estimation_days') + 366 + 92) ~ ')'
    ) }}
{%- endmacro %}
