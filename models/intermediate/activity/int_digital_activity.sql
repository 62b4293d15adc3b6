with

engagement_events as (

    select * from {{ ref('stg_company__engagement_events_versions') }}

),

activity as (

    select
        event_id,
        customer_id,

        channel,
        event_type,

        occurred_at,
        {{ order_by_time('occurred_at', 'event_id') }} as event_order,
        {{ known_from('occurred_at') }} as known_from,
        superseded_at as known_until,
        {{ counts_as_loaded('occurred_at') }} as counts_as_loaded_at,
        loaded_at
    from engagement_events
    -- What a program causes is its effect, not the customer's own doing.
    where program_id is null

)

select * from activity
