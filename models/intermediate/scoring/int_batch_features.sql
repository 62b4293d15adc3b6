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
{%- set times -%}
(
    select
        batch,
        known_before,
        cast({{ add_days('score_date', 1) }} as timestamp) as as_of_at
    from {{ dates }} as dates
)
{%- endset -%}
{%- set batches -%}
(
    select
        batch,
        known_before,
        min(as_of_at) as first_moment,
        max(as_of_at) as last_moment
    from {{ times }} as times
    group by batch, known_before
)
{%- endset -%}
{{ features_at(
    '(' ~ customer_moments(dates, also=['batch']) ~ ')', first_due_day(), times=times, batches=batches
) }}
