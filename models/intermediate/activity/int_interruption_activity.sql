with

interruptions as (

    select * from {{ ref('stg_company__interruptions_versions') }}

),

activity as (

    select
        interruption_id as event_id,
        customer_id,

        -- While it lasts, the seconds until then are not known: they count once it is over.
        {{ seconds_between('started_at', 'restored_at') }} as seconds_without_service,

        coalesce(is_planned, false) as is_planned,

        notified_at,
        estimated_restored_at,
        restored_at,
        started_at as occurred_at,
        {{ order_by_time('started_at', 'interruption_id') }} as event_order,
        {{ known_from('started_at') }} as known_from,
        superseded_at as known_until,
        {{ counts_as_loaded('started_at') }} as counts_as_loaded_at,
        loaded_at
    from interruptions

)

select * from activity
