-- How are customers spread over the bands, plan by plan?
--
-- Shares of customers in %, not of answers: every customer has a score, asked or not. Bands are those of
-- the industry in seeds/csat_bands.csv. A plan with few customers says little: look at customers first.
--
-- depends_on: {{ ref('fct_customer_csat_current') }}, {{ ref('dim_customers') }}
select
    customers.plan,
    scores.csat_band,
    count(*) as customers,
    round(100.0 * count(*) / sum(count(*)) over (partition by customers.plan), 1) as share_of_plan,
    round(avg(scores.csat_score), 1) as mean_score
from marts.dim_customers as customers
inner join marts.fct_customer_csat_current as scores on customers.customer_id = scores.customer_id
where customers.is_active
group by customers.plan, scores.csat_band
order by customers.plan nulls last, mean_score
