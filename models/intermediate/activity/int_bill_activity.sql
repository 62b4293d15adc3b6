with

bills as (

    select * from {{ ref('stg_company__bills_versions') }}

),

activity as (

    select
        bill_id as event_id,
        customer_id,

        amount_cents,

        coalesce(is_estimated, false) as is_estimated,
        -- A column that changes and has no time of its own counts only where loaded_at tells when.
        case when has_loaded_at then is_disputed end as is_disputed,

        issued_at as occurred_at,
        {{ order_by_time('issued_at', 'bill_id') }} as event_order,
        {{ known_from('issued_at') }} as known_from,
        superseded_at as known_until,
        {{ counts_as_loaded('issued_at') }} as counts_as_loaded_at,
        loaded_at
    from bills

)

select * from activity
