{#- The grain of a history: the columns are never null and never twice the same on the days that this run scored.
    Earlier days were tested when they were.

    day  column of the day -#}
{% test one_row_per_day_due(model, columns, day='score_date') %}
-- depends_on: {{ ref('int_score_dates') }}
select {{ columns | join(', ') }}
from {{ model }}
where {{ day }} >= {{ first_due_day() }}
group by {{ columns | join(', ') }}
having count(*) > 1 or {{ is_any_null(columns) }}
{% endtest %}
