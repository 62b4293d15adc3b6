-- The base score and the points of the families are the score, on every day scored in this run.
select
    customer_id,
    score_date
from {{ ref('fct_customer_csat_daily') }}
where
    score_date >= {{ first_due_day() }}
    and abs(
        base_score
        {%- for family in families() %}
        + points_{{ family }}
        {%- endfor %}
        - csat_score
    ) > 1e-9
