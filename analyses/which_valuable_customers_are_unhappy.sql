-- Where is the most value at stake: customers of high value whose score lies below the base?
--
-- Sorted by value_below_base: annual value x points below the base score / 100. A single score is uncertain:
-- where csat_score_upper lies above base_score, as for most, the model is not sure of that customer, and only
-- the list as a whole is worth working on. To work on it every day, use fct_intervention_queue, which knows
-- capacity, cost and cooling-off.
--
-- depends_on: {{ ref('fct_customer_csat_current') }}, {{ ref('dim_customers') }}
select
    customers.customer_id,
    customers.customer_type,
    customers.region,
    customers.annual_value,
    round(scores.csat_score, 1) as csat_score,
    round(scores.csat_score_lower, 1) as csat_score_lower,
    round(scores.csat_score_upper, 1) as csat_score_upper,
    round(scores.base_score, 1) as base_score,
    round(customers.annual_value * (scores.base_score - scores.csat_score) / 100) as value_below_base,
    scores.lowered_by_1,
    scores.lowered_by_2
from marts.dim_customers as customers
inner join marts.fct_customer_csat_current as scores on customers.customer_id = scores.customer_id
where customers.is_active and scores.csat_score < scores.base_score
order by value_below_base desc nulls last, customers.customer_id asc
limit 50
