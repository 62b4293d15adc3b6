-- Just before each day on which somebody left or following ended: who was still there, of all windows of
-- a horizon.
with

starts as (

    select * from {{ ref('int_retention_starts') }}

),

with_all as (

    select
        horizon_days,
        score_fifth,
        coalesce(left_after_days, followed_days) as days,
        case when left_after_days is null then 0 else 1 end as has_left
    from starts
    where score_fifth is not null

    union all

    select
        horizon_days,
        cast(0 as bigint) as score_fifth,
        coalesce(left_after_days, followed_days) as days,
        case when left_after_days is null then 0 else 1 end as has_left
    from starts

),

by_day as (

    select
        horizon_days,
        score_fifth,
        days,
        count(*) as ended,
        sum(has_left) as has_left
    from with_all
    group by horizon_days, score_fifth, days

),

counts as (

    select
        horizon_days,
        score_fifth,
        days,

        cast(
            sum(ended) over (
                partition by horizon_days, score_fifth order by days
                rows between current row and unbounded following
            ) as bigint
        ) as at_risk,
        cast(has_left as bigint) as customers_left
    from by_day

)

select * from counts
