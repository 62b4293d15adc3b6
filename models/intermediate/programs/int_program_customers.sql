-- Who can be in a program, and what they were like when they were first known: what a program changes of its
-- customers is not what they were.
with

customers as (

    select * from {{ ref('dim_customers') }}

),

versions as (

    select * from {{ ref('stg_company__customers_versions') }}
    where is_first_version

),

described as (

    select
        customers.customer_id,

        coalesce(versions.customer_type, customers.customer_type) as customer_type,
        coalesce(versions.region, customers.region) as region,

        coalesce(versions.annual_value, customers.annual_value) as annual_value,
        customers.tenure_days,

        customers.is_active
    from customers
    left join versions on customers.customer_id = versions.customer_id

)

select * from described
