with

bills as (

    select * from {{ ref('stg_company__bills_versions') }}

),

earlier_bills as (

    -- A customer's own normal: the bills of the year before, without this one.
    select
        bill_id,
        loaded_at,
        amount_cents,
        avg(amount_cents) over (
            partition by customer_id
            order by issued_at
            range between interval 366 day preceding and interval 1 second preceding
        ) as usual_cents
    from bills
    where is_first_version

),

activity as (

    select
        bills.bill_id as event_id,
        bills.customer_id,

        bills.amount_cents,
        1e0 * earlier_bills.amount_cents / nullif(earlier_bills.usual_cents, 0) as times_usual,

        coalesce(bills.is_estimated, false) as is_estimated,
        -- A column that changes and has no time of its own counts only where loaded_at tells when.
        case when bills.has_loaded_at then bills.is_disputed end as is_disputed,

        bills.issued_at as occurred_at,
        {{ order_by_time('bills.issued_at', 'bills.bill_id') }} as event_order,
        {{ known_from('issued_at', 'bills') }} as known_from,
        bills.superseded_at as known_until,
        bills.loaded_at
    from bills
    left join earlier_bills on bills.bill_id = earlier_bills.bill_id

)

select * from activity
