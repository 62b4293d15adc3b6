with

segment_drivers as (

    select * from {{ ref('int_segment_drivers') }}
    where segment_id <> 'all'

),

registry as (

    select
        driver,
        min(family) as driver_family,
        min(driver_label) as driver_label,
        bool_or(is_actionable) as is_actionable
    from {{ ref('feature_definitions') }}
    group by driver

),

drivers as (

    -- A driver that is gone from the registry may still tell of earlier days.
    select
        segment_drivers.segment_id || ':' || segment_drivers.segment_value as entity_id,
        segment_drivers.segment_id,
        segment_drivers.segment_value,
        segment_drivers.score_date,

        segment_drivers.driver,
        registry.driver_family,
        coalesce(registry.driver_label, segment_drivers.driver) as driver_label,

        segment_drivers.points,
        row_number() over (
            partition by segment_drivers.score_date, segment_drivers.segment_id, segment_drivers.segment_value
            order by abs(segment_drivers.points) desc, segment_drivers.driver
        ) as driver_rank,

        registry.is_actionable
    from segment_drivers
    left join registry on segment_drivers.driver = registry.driver

)

select * from drivers
