-- Small values of a dimension, which the estimates show in one row, are added up here too.
with

movements as (

    select * from {{ ref('int_segment_movements') }}
    where score_date >= {{ first_due_day() }}

),

estimates as (

    select * from {{ ref('int_segment_estimates') }}
    where score_date >= {{ first_due_day() }}

),

shown_as as (

    select
        movements.score_date,
        movements.segment_id,
        case
            when estimates.suppression_reason is null then movements.segment_value
            else {{ pooled_value() }}
        end as segment_value,
        movements.customers,
        movements.slope_sum,
        {{ rows_of('movements.drivers') }}
    from movements
    inner join estimates
        on
            movements.score_date = estimates.score_date
            and movements.segment_id = estimates.segment_id
            and movements.segment_value = estimates.segment_value
    where movements.customers > 0

),

sums as (

    select
        score_date,
        segment_id,
        segment_value,
        driver,
        {{ exact_sum('customers') }} as customers,
        {{ exact_sum('slope_sum') }} as slope_sum,
        {{ exact_sum('points_sum') }} as points_sum
    from shown_as
    -- A driver that only the day before had contributes nothing.
    where points_sum is not null
    group by score_date, segment_id, segment_value, driver

),

base_references as (

    -- The contribution that is worth no points: that of the base.
    select
        score_date,
        driver,
        points_sum / slope_sum as reference
    from sums
    where segment_id = 'all'

),

segment_drivers as (

    select
        sums.score_date,
        sums.segment_id,
        sums.segment_value,
        sums.driver,

        (sums.points_sum - base_references.reference * sums.slope_sum) / sums.customers as points
    from sums
    inner join base_references
        on sums.score_date = base_references.score_date and sums.driver = base_references.driver
    inner join estimates
        on
            sums.score_date = estimates.score_date
            and sums.segment_id = estimates.segment_id
            and sums.segment_value = estimates.segment_value
    where estimates.csat_estimate is not null

)

select * from segment_drivers
