-- Interruptions by region and day: what happens around a customer is felt by those not hit, too.
with

interruptions as (

    select * from {{ ref('stg_company__interruptions_versions') }}

),

customers as (

    select * from {{ ref('stg_company__customers_versions') }}

),

hits as (

    select
        customers.region,
        interruptions.customer_id,
        cast(interruptions.started_at as date) as started_date,
        interruptions.loaded_at
    from interruptions
    inner join customers
        on
            interruptions.customer_id = customers.customer_id
            and {{ known_at('customers', 'interruptions.started_at') }}
    where
        interruptions.is_first_version
        and not coalesce(interruptions.is_planned, false)
        -- A later delivery would change a day that has been scored.
        and interruptions.loaded_at <= interruptions.started_at
        + interval {{ var('late_arrival_days') }} day
        and customers.region is not null

),

days as (

    select
        region,
        started_date,
        count(distinct customer_id) as customers_hit,
        max(loaded_at) as loaded_at
    from hits
    group by region, started_date

),

joined as (

    select
        region,
        customer_since,
        count(*) as customers
    from customers
    where is_first_version and region is not null
    group by region, customer_since

),

region_sizes as (

    select
        region,
        customer_since as first_date,
        sum(customers) over (partition by region order by customer_since) as customers,
        coalesce(
            lead(customer_since) over (partition by region order by customer_since), date '9999-12-31'
        ) as next_date
    from joined

),

activity as (

    select
        days.region || ' ' || cast(days.started_date as varchar) as event_id,
        days.region,

        cast(round(1e6 * days.customers_hit / region_sizes.customers) as bigint) as hit_per_million,

        -- Known when the day is over.
        cast(days.started_date as timestamp) + interval 1 day - interval 1 second as occurred_at,
        {{ order_by_time('cast(days.started_date as timestamp)', 'days.region') }} as event_order,
        cast(days.started_date as timestamp) + interval 1 day - interval 1 second as known_from,
        cast(null as timestamp) as known_until,
        days.loaded_at
    from days
    inner join region_sizes
        on
            days.region = region_sizes.region
            and days.started_date >= region_sizes.first_date
            and days.started_date < region_sizes.next_date

)

select * from activity
