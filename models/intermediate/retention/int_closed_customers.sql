with

customers as (

    select * from {{ ref('stg_company__customers_versions') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

closed as (

    select
        customers.customer_id,
        cast(customers.closed_at as date) as closed_date
    from customers
    cross join as_of
    where
        {{ known_before_as_of('customers') }}
        and customers.closed_at < {{ add_days('as_of.as_of_date', 1) }}

)

select * from closed
