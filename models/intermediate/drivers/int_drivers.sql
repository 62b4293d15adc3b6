with

registry as (

    select * from {{ ref('feature_definitions') }}

),

drivers as (

    select
        driver,

        min(family) as driver_family,
        min(driver_label) as driver_label,

        bool_or(is_actionable) as is_actionable
    from registry
    group by driver

)

select * from drivers
