{%- set dates -%}
(
    select
        due.score_date,
        due.known_before,
        batches.batch
    from {{ ref('scoring_batches') }} as batches
    inner join {{ ref('int_score_dates') }} as due on batches.score_date = due.score_date
)
{%- endset -%}
{%- if target.type == 'duckdb' -%}
{{ lasting_features(dates) }}
{%- else -%}
{#- An engine of many processes scores each customer and day from int_scoring_features, wherever these are. #}
select batch
from {{ dates }} as days
where false
{%- endif %}
