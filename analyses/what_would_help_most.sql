-- Which change would raise the most scores, at what cost?
--
-- One change at a time (levers = 1), for every customer for whom it is feasible; base_points is what the
-- whole base would gain if all had it. Costs are those of seeds/lever_definitions.csv: put in your own.
-- Association, unless evidence begins with "measured": then a program that does this has been shown to
-- raise satisfaction. The intervention queue expects more of the same action: a lever is what the model says
-- alone, and the queue adds how far answers given with the cause lie below the score.
--
-- depends_on: {{ ref('fct_customer_levers') }}, {{ ref('fct_base_csat_daily') }}
select
    levers.lever_label,
    min(levers.evidence) as evidence,
    count(*) as customers,
    round(avg(levers.gain_points), 1) as points_per_customer,
    round(sum(levers.gain_points) / min(base.customers), 2) as base_points,
    round(sum(levers.lever_cost)) as total_cost,
    round(sum(levers.lever_cost) / sum(levers.gain_points), 2) as cost_per_customer_point
from marts.fct_customer_levers as levers
inner join marts.fct_base_csat_daily as base on levers.score_date = base.score_date
where levers.levers = 1
group by levers.lever_label
order by base_points desc, levers.lever_label asc
