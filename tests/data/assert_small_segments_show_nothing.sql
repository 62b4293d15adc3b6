-- Nothing of a suppressed row is shown, no shown row is too small, and no value of a dimension is hidden
-- alone.
with

segments as (

    select * from {{ ref('fct_segment_csat_daily') }}
    where score_date >= {{ first_due_day() }}

),

alone as (

    select
        segments.score_date,
        segments.segment_id
    from segments
    inner join {{ ref('dim_segments') }} as definitions on segments.segment_id = definitions.segment_id
    where definitions.is_dimension
    group by segments.score_date, segments.segment_id
    having count(*) filter (where segments.is_suppressed) = 1 and count(*) > 1

)

select
    score_date,
    segment_id
from segments
where
    (is_suppressed and coalesce(csat_estimate, csat_survey, csat_model_mean, customers, answers) is not null)
    or (
        not is_suppressed
        and (
            customers < {{ var('min_segment_customers') }}
            or answers < {{ var('min_segment_answers') }}
            or not csat_estimate between csat_estimate_lower and csat_estimate_upper
        )
    )

union all

select
    score_date,
    segment_id
from alone
