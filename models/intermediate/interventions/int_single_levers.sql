with

levers as (

    select * from {{ ref('customer_levers') }}

),

single_levers as (

    select
        customer_id,
        lever,

        gain_points
    from levers
    where levers = 1

)

select * from single_levers
