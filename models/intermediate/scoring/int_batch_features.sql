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
{{ lasting_features_of_run(dates) }}
