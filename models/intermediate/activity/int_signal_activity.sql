with

signals as (

    select * from {{ ref('stg_company__customer_signals_versions') }}

),

activity as (

    select
        customer_id || '|' || signal || '|' || cast(occurred_at as varchar) as event_id,
        customer_id,

        signal,

        value,

        occurred_at,
        {{ order_by_time('occurred_at', 'signal') }} as event_order,
        {{ known_from('occurred_at') }} as known_from,
        superseded_at as known_until,
        {{ counts_as_loaded('occurred_at') }} as counts_as_loaded_at,
        loaded_at
    from signals

)

select * from activity
