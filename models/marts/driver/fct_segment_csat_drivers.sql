with

segment_drivers as (

    select * from {{ ref('int_segment_drivers') }}
    where segment_id <> 'all'

),

all_drivers as (

    select * from {{ ref('int_drivers') }}

),

drivers as (

    select
        segment_drivers.segment_id || ':' || segment_drivers.segment_value as entity_id,
        segment_drivers.segment_id,
        segment_drivers.segment_value,
        segment_drivers.score_date,

        segment_drivers.driver,
        all_drivers.driver_family,
        all_drivers.driver_label,

        segment_drivers.points,
        row_number() over (
            partition by segment_drivers.score_date, segment_drivers.segment_id, segment_drivers.segment_value
            order by abs(segment_drivers.points) desc, segment_drivers.driver
        ) as driver_rank,

        all_drivers.is_actionable
    from segment_drivers
    inner join all_drivers on segment_drivers.driver = all_drivers.driver

)

select * from drivers
