{#- Tells the days whose rows the next run reads again, of a relation of days scored: the next day due may be
    any that late rows can reopen, and needs the day before. The day before this run's first one stays as well,
    for this run broken off and started again. -#}
{% macro is_recent(day) -%}
    ({{ day }} >= {{ literal_day(ref('int_score_dates'), 'max(score_date)') }} - {{ var('late_arrival_days') }}
    or {{ day }} = {{ first_due_day() }} - 1)
{%- endmacro %}
