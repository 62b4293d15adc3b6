-- Which segments lie below the base, and how many more customers would be satisfied if they did not?
--
-- Sorted by missing_satisfied: customers x points below the base. A large segment a little below costs
-- more than a small one far below. Believe a gap only where is_surely_below: the whole interval lies below
-- the base's estimate. Segments overlap, so that the numbers of different dimensions must not be added up.
--
-- depends_on: {{ ref('fct_segment_csat_daily') }}, {{ ref('fct_base_csat_daily') }}
select
    segments.segment_name,
    segments.segment_value,
    segments.customers,
    round(segments.csat_estimate, 1) as csat,
    round(segments.csat_estimate_lower, 1) as csat_lower,
    round(segments.csat_estimate_upper, 1) as csat_upper,
    round(segments.csat_estimate - base.csat_estimate, 1) as points_to_base,
    segments.csat_estimate_upper < base.csat_estimate as is_surely_below,
    round(segments.customers * (base.csat_estimate - segments.csat_estimate) / 100) as missing_satisfied
from marts.fct_segment_csat_daily as segments
inner join marts.fct_base_csat_daily as base on segments.score_date = base.score_date
where
    segments.score_date = (select max(latest.score_date) from marts.fct_base_csat_daily as latest)
    and segments.csat_estimate < base.csat_estimate
order by missing_satisfied desc, segments.entity_id asc
