-- Drivers of a segment add up to the gap between its mean score and that of the base, on every day due.
with

segments as (

    select
        score_date,
        segment_id,
        segment_value,
        csat_model_mean
    from {{ ref('int_segment_estimates') }}
    where
        score_date >= {{ first_due_day() }}
        and csat_estimate is not null
        and segment_id <> 'all'

),

base as (

    select
        score_date,
        csat_model_mean
    from {{ ref('int_segment_estimates') }}
    where score_date >= {{ first_due_day() }} and segment_id = 'all'

),

drivers as (

    select
        score_date,
        segment_id,
        segment_value,
        sum(points) as points
    from {{ ref('fct_segment_csat_drivers') }}
    where score_date >= {{ first_due_day() }}
    group by score_date, segment_id, segment_value

)

select
    segments.score_date,
    segments.segment_id,
    segments.segment_value,
    segments.csat_model_mean - base.csat_model_mean as gap,
    drivers.points
from segments
inner join base on segments.score_date = base.score_date
full outer join drivers
    on
        segments.score_date = drivers.score_date
        and segments.segment_id = drivers.segment_id
        and segments.segment_value = drivers.segment_value
where
    -- Nothing is missing, and nothing is there that is not shown.
    coalesce(abs(segments.csat_model_mean - base.csat_model_mean - drivers.points) > 1e-9, true)
