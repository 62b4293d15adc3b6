-- What do waits do to the score: points by the longest wait of the last 30 days, and how many customers
-- have it?
--
-- Points against the mean of all customers, of those with a wait from so many minutes up to so many, with
-- the widest band in which the model is sure. Steps are the model's, found in answers; those whose points
-- lie within the same half point are one row. Where the band is wide, few answers have shown it. Change the
-- feature to draw another curve, of dim_model_features; where its unit is not seconds, do not divide by 60.
--
-- depends_on: {{ ref('fct_csat_driver_shapes') }}
with

steps as (

    select
        shapes.*,
        round(2 * shapes.points) as half_points,
        lag(round(2 * shapes.points)) over (partition by shapes.is_missing order by shapes.bin_number)
            as half_points_before
    from marts.fct_csat_driver_shapes as shapes
    where
        shapes.feature = 'worst_wait_30_days'
        and shapes.score_date = (select max(latest.score_date) from marts.fct_csat_driver_shapes as latest)

),

numbered as (

    select
        *,
        count(case when half_points is distinct from half_points_before then 1 end)
            over (partition by is_missing order by bin_number) as joined_step
    from steps

)

select
    feature_label,
    is_missing,
    case when not is_missing then round(min(coalesce(from_value, 0)) / 60, 1) end as from_minutes,
    case when count(to_value) = count(*) then round(max(to_value) / 60, 1) end as to_minutes,
    cast(sum(customers) as bigint) as customers,
    round(coalesce(sum(points * customers) / nullif(sum(customers), 0), avg(points)), 1) as points,
    round(min(points_lower), 1) as points_lower,
    round(max(points_upper), 1) as points_upper
from numbered
group by feature_label, is_missing, joined_step
having sum(customers) > 0
order by is_missing desc, joined_step asc
