-- The intercept and the contributions of the families that the history keeps add up to the logit that was
-- scored, to the last bit, and the logit is the score.
with

scores as (

    select * from {{ ref('customer_scores') }}

),

history as (

    select * from {{ ref('int_customer_csat_history') }}
    where score_date >= {{ first_due_day() }}

),

base_scores as (

    select * from {{ ref('int_base_scores') }}

)

select
    scores.customer_id,
    scores.score_date
from scores
left join history
    on
        scores.customer_id = history.customer_id
        and scores.score_date = history.score_date
left join base_scores on scores.score_date = base_scores.score_date
where
    scores.logit is distinct from {{ kept_logit('history', 'base_scores') }}
    {%- for family in families() %}
    or scores.contribution_{{ family }} is distinct from cast(history.contribution_{{ family }} as double)
    {%- endfor %}
    or abs(scores.interval_half_width - cast(history.interval_half_width as double)) > 0.51e-6
    or scores.interval_half_width < 0
    or abs(100e0 * scores.probability - {{ csat_score('scores.logit') }}) > 1e-10
