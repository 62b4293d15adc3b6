-- Which segments do the surveys hardly reach?
--
-- Segments by the margin of their estimate (half its interval), the widest first; those that are not shown,
-- with the reason, last. answers are those of the days that the estimate is made from, answers_per_1000 the
-- same per 1,000 customers. Where few answer, the estimate rests on the scores, and the margin is wide:
-- fct_survey_plan says whom to ask next so that it narrows.
--
-- depends_on: {{ ref('fct_segment_csat_daily') }}
select
    segments.segment_name,
    segments.segment_value,
    segments.customers,
    segments.answers,
    round(1000.0 * segments.answers / segments.customers) as answers_per_1000,
    round(segments.csat_estimate, 1) as csat,
    round((segments.csat_estimate_upper - segments.csat_estimate_lower) / 2, 1) as margin,
    segments.suppression_reason
from marts.fct_segment_csat_daily as segments
where segments.score_date = (select max(latest.score_date) from marts.fct_segment_csat_daily as latest)
order by margin desc nulls last, segments.segment_name asc, segments.segment_value asc
limit 30
