with

customers as (

    select * from {{ ref('stg_company__customers_versions') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

current_customers as (

    select
        customers.customer_id,

        customers.customer_type,
        customers.region,
        customers.plan,
        customers.preferred_channel,
        customers.industry,

        customers.annual_value,
        {{ days_between('customers.customer_since', 'as_of.as_of_date') }} as tenure_days,

        customers.closed_at is null
        or customers.closed_at >= as_of.as_of_date + interval 1 day as is_active,

        customers.customer_since,
        customers.closed_at,
        as_of.as_of_date
    from customers
    cross join as_of
    where
        customers.customer_since <= as_of.as_of_date
        and {{ known_before_as_of('customers') }}

)

select * from current_customers
