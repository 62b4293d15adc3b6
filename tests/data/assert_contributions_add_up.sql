-- The intercept and the contributions of the families are the logit, and the logit is the score.
select
    customer_id,
    score_date
from {{ ref('customer_scores') }}
where
    abs(
        intercept
        {%- for family in families() %}
        + contribution_{{ family }}
        {%- endfor %}
        - logit
    ) > 1e-9
    or abs(1e0 / (1e0 + exp(-logit)) - probability) > 1e-12
    or probability not between probability_lower and probability_upper
