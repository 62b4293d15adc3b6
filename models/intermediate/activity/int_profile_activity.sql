-- A customer's master data as an event that begins with the customer: its latest version counts.
with

customers as (

    select * from {{ ref('stg_company__customers_versions') }}

),

activity as (

    select
        customer_id as event_id,
        customer_id,

        customer_type,
        region,
        -- A column that changes and has no time of its own counts only where loaded_at tells when.
        case when has_loaded_at then plan end as plan,
        case when has_loaded_at then preferred_channel end as preferred_channel,

        case when has_loaded_at then annual_value end as annual_value,

        cast(customer_since as timestamp) as occurred_at,
        {{ order_by_time('cast(customer_since as timestamp)', 'customer_id') }} as event_order,
        case when is_first_version then cast(customer_since as timestamp) else loaded_at end as known_from,
        superseded_at as known_until,
        {{ counts_as_loaded('customer_since') }} as counts_as_loaded_at,
        loaded_at
    from customers

)

select * from activity
