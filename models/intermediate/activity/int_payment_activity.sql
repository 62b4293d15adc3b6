with

payments as (

    select * from {{ ref('stg_company__payments_versions') }}

),

bills as (

    select * from {{ ref('stg_company__bills_versions') }}

),

activity as (

    select
        payments.payment_id as event_id,
        payments.customer_id,

        payments.method,
        -- A column that changes and has no time of its own counts only where loaded_at tells when.
        case when payments.has_loaded_at then payments.status end as status,

        payments.amount_cents,
        {{ seconds_between('bills.due_at', 'payments.paid_at') }} as late_seconds,

        coalesce(payments.is_autopay, false) as is_autopay,

        payments.paid_at as occurred_at,
        {{ order_by_time('payments.paid_at', 'payments.payment_id') }} as event_order,
        {{ known_from('paid_at', 'payments') }} as known_from,
        payments.superseded_at as known_until,
        payments.loaded_at
    from payments
    left join bills on payments.bill_id = bills.bill_id and bills.is_first_version

)

select * from activity
