{#- A condition holds for every row of the days that this run scored, of a history with a score_date. Earlier
    days were tested when they were scored: what a run reads must not grow with the years behind it. -#}
{% test holds_on_days_due(model, condition) %}
-- depends_on: {{ ref('int_score_dates') }}
select *
from {{ model }}
where score_date >= {{ first_due_day() }} and not coalesce({{ condition }}, false)
{% endtest %}
