-- Whose score fell most in four weeks, and through what?
--
-- The families add up to the change. change_new_version is the model's and no news of the customer, so
-- that the order leaves it out. A single customer's score is uncertain by csat_score_lower to
-- csat_score_upper: read the list as whom to look at, not as a finding on each.
--
-- depends_on: {{ ref('fct_customer_csat_changes') }}, {{ ref('fct_customer_csat_current') }}
select
    changes.customer_id,
    round(changes.csat_score, 1) as csat_score,
    round(scores.csat_score_lower, 1) as csat_score_lower,
    round(scores.csat_score_upper, 1) as csat_score_upper,
    round(changes.change, 1) as change_28_days,
    round(changes.change - changes.change_new_version, 1) as change_of_behaviour,
    round(changes.change_contact, 1) as by_contacts,
    round(changes.change_billing, 1) as by_bills,
    round(changes.change_interruption, 1) as by_interruptions,
    scores.lowered_by_1
from marts.fct_customer_csat_changes as changes
inner join marts.fct_customer_csat_current as scores on changes.customer_id = scores.customer_id
where changes.span_days = 28 and changes.change < changes.change_new_version
order by change_of_behaviour, changes.customer_id
limit 50
