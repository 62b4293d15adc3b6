-- What is worth something to some is worth as much less to others: shapes are against the base of everyone.
with

shapes as (

    select
        feature,
        sum(customers) as customers,
        sum(customers * points) / sum(customers) as mean_points
    from {{ ref('fct_csat_driver_shapes') }}
    group by feature

),

importance as (

    select
        max(customers) as customers,
        sum(share_of_all) as share_of_all
    from {{ ref('fct_csat_driver_importance') }}

),

strays as (

    select shapes.feature
    from shapes
    cross join importance
    where shapes.customers <> importance.customers or abs(shapes.mean_points) > 1e-6

    union all

    select 'all drivers' as feature
    from importance
    where abs(share_of_all - 100) > 1e-6

)

select * from strays
