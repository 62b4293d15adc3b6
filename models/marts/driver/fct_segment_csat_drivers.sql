with

segment_drivers as (

    select * from {{ ref('int_segment_drivers') }}
    where segment_id <> 'all'

),

registry as (

    select * from {{ ref('int_drivers') }}

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
