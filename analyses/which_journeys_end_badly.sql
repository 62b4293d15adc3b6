-- At which step do journeys end, and how satisfied are those who stop there, against those who go on to
-- the end?
--
-- One row per step: of those who reached it, how many went no further (dropped), their CSAT and that of all
-- who took every step (finished), with intervals and the answers they rest on. Where the intervals overlap,
-- the difference may be chance. To go no further is bad where a customer wanted the last step, and good
-- where the last step is trouble: who stops at "contact" of "Contact after contact" did not have to call
-- again. fct_journey_impact compares with customers who stood at the same point.
--
-- depends_on: {{ ref('fct_journey_funnel') }}
select
    journey_name,
    step,
    step_name,
    reached,
    round(100 * reached_share, 1) as reached_percent,
    dropped,
    round(csat_dropped, 1) as csat_dropped,
    round(csat_dropped_lower, 1) as csat_dropped_lower,
    round(csat_dropped_upper, 1) as csat_dropped_upper,
    answers_dropped,
    round(csat_finished, 1) as csat_finished,
    round(csat_finished_lower, 1) as csat_finished_lower,
    round(csat_finished_upper, 1) as csat_finished_upper,
    answers_finished,
    csat_dropped_upper < csat_finished_lower as is_surely_less_satisfied,
    round(median_days, 1) as median_days
from marts.fct_journey_funnel
order by journey_name, step
