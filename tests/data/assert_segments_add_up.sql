-- Values of a dimension add up to the base, in customers, in the model's part and in the estimate, wherever
-- all of them are shown, pooled ones included.
with

base as (

    select * from {{ ref('fct_base_csat_daily') }}
    where score_date >= {{ first_due_day() }}

),

dimensions as (

    select segment_id from {{ ref('dim_segments') }}
    where is_dimension

),

shown as (

    select
        segments.score_date,
        segments.segment_id,
        sum(segments.customers) as customers,
        sum(segments.customers * segments.csat_model_mean) as model_sum,
        sum(segments.customers * segments.csat_estimate) as estimate_sum,
        -- At an end of the scale an estimate is cut off.
        min(segments.csat_estimate) as least,
        max(segments.csat_estimate) as most
    from {{ ref('fct_segment_csat_daily') }} as segments
    inner join dimensions on segments.segment_id = dimensions.segment_id
    where
        segments.score_date >= {{ first_due_day() }}
        and not segments.is_suppressed
    group by segments.score_date, segments.segment_id

),

scored as (

    select
        scores.score_date,
        scores.segment_id,
        sum(scores.customers) as customers,
        sum(scores.probability_sum) as probability_sum
    from {{ ref('int_segment_scores') }} as scores
    inner join dimensions on scores.segment_id = dimensions.segment_id
    where scores.score_date >= {{ first_due_day() }}
    group by scores.score_date, scores.segment_id

)

select
    scored.score_date,
    scored.segment_id
from scored
inner join base on scored.score_date = base.score_date
left join shown on scored.score_date = shown.score_date and scored.segment_id = shown.segment_id
where
    scored.customers <> base.customers
    or abs(100 * scored.probability_sum / scored.customers - base.csat_model_mean) > 1e-9
    or (
        shown.customers = base.customers
        and (
            abs(shown.model_sum / shown.customers - base.csat_model_mean) > 1e-9
            or (
                shown.least > 0
                and shown.most < 100
                and abs(shown.estimate_sum / shown.customers - base.csat_estimate) > 1e-9
            )
        )
    )
