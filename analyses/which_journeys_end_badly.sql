-- Where do journeys lose people, and how satisfied are those who drop out?
--
-- One row per step: of those who reached it, how many went no further, and the CSAT of both. Where the
-- intervals overlap, the difference may be chance. fct_journey_impact compares with customers who stood at
-- the same point.
--
-- depends_on: {{ ref('fct_journey_funnel') }}
select
    journey_name,
    step,
    step_name,
    reached,
    round(100 * reached_share, 1) as reached_share,
    dropped,
    round(csat_dropped, 1) as csat_dropped,
    round(csat_dropped_lower, 1) as csat_dropped_lower,
    round(csat_dropped_upper, 1) as csat_dropped_upper,
    round(csat_finished, 1) as csat_finished,
    round(median_days, 1) as median_days
from marts.fct_journey_funnel
order by journey_name, step
