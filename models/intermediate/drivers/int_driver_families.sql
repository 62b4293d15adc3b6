with

drivers as (

    select * from {{ ref('int_drivers') }}

),

families as (

    select
        driver,
        driver_family
    from drivers

)

select * from families
