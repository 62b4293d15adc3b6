-- Interruptions by region and day: what happens around a customer is felt by those not hit, too.
with

interruptions as (

    select * from {{ ref('stg_company__interruptions_versions') }}

),

customers as (

    select * from {{ ref('stg_company__customers_versions') }}

),

hits as (

    -- Each customer once a region and day, from the first delivery on that says so.
    select
        customers.region,
        interruptions.customer_id,
        cast(interruptions.started_at as date) as started_date,
        min({{ counts_as_loaded('started_at', 'interruptions') }}) as counts_as_loaded_at,
        min(interruptions.loaded_at) as loaded_at
    from interruptions
    inner join customers
        on
            interruptions.customer_id = customers.customer_id
            and {{ known_at('customers', 'interruptions.started_at') }}
            and {{ counts_as_loaded('customer_since', 'customers') }}
            <= {{ counts_as_loaded('started_at', 'interruptions') }}
    where
        interruptions.is_first_version
        and not coalesce(interruptions.is_planned, false)
        -- A later delivery would change a day that has been scored.
        and {{ known_from('started_at', 'interruptions') }} = interruptions.started_at
        and customers.region is not null
    group by customers.region, interruptions.customer_id, started_date

),

days as (

    -- By day of loading, too, so that what comes later adds to what was known.
    select
        region,
        started_date,
        cast(counts_as_loaded_at as date) as loaded_date,
        count(*) as customers_hit,
        max(counts_as_loaded_at) as counts_as_loaded_at,
        max(loaded_at) as loaded_at
    from hits
    group by region, started_date, loaded_date

),

joined as (

    select
        region,
        cast(greatest(
            cast(customer_since as timestamp), {{ counts_as_loaded('customer_since') }}
        ) as date) as known_date,
        count(*) as customers
    from customers
    where is_first_version and region is not null
    group by region, known_date

),

region_sizes as (

    select
        region,
        known_date as first_date,
        sum(customers) over (partition by region order by known_date) as customers,
        coalesce(
            lead(known_date) over (partition by region order by known_date), date '9999-12-31'
        ) as next_date
    from joined

),

activity as (

    select
        days.region || ' ' || cast(days.started_date as varchar) || ' ' || cast(days.loaded_date as varchar)
            as event_id,
        days.region,

        cast(round(1e6 * days.customers_hit / region_sizes.customers) as bigint) as hit_per_million,

        -- Known when the day is over.
        cast(days.started_date as timestamp) + interval 1 day - interval 1 second as occurred_at,
        {{ order_by_time('cast(days.started_date as timestamp)', 'days.region') }} as event_order,
        cast(days.started_date as timestamp) + interval 1 day - interval 1 second as known_from,
        cast(null as timestamp) as known_until,
        days.counts_as_loaded_at,
        days.loaded_at
    from days
    inner join region_sizes
        on
            days.region = region_sizes.region
            and days.started_date >= region_sizes.first_date
            and days.started_date < region_sizes.next_date

)

select * from activity
