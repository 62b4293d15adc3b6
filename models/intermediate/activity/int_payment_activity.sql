with

payments as (

    select * from {{ ref('stg_company__payments_versions') }}

),

first_bills as (

    -- From the base model, where one plain condition says it: the engine then expects more of these than of
    -- the payments that a reader asks for, and reads only the bills that those pay.
    select
        bill_id,
        due_at,
        issued_at,
        {{ is_from_first_load(ref('base_company__bills')) }} as is_from_first_load,
        loaded_at
    from {{ ref('base_company__bills') }}
    where rejection_rule is null and is_first_version

),

activity as (

    select
        payments.payment_id as event_id,
        payments.customer_id,

        payments.method,
        -- A column that changes and has no time of its own counts only where loaded_at tells when.
        case when payments.has_loaded_at then payments.status end as status,

        payments.amount_cents,
        {{ seconds_between('first_bills.due_at', 'payments.paid_at') }} as late_seconds,

        coalesce(payments.is_autopay, false) as is_autopay,

        payments.paid_at as occurred_at,
        {{ order_by_time('payments.paid_at', 'payments.payment_id') }} as event_order,
        {{ known_from('paid_at', 'payments') }} as known_from,
        payments.superseded_at as known_until,
        {{ counts_as_loaded('paid_at', 'payments') }} as counts_as_loaded_at,
        payments.loaded_at
    from payments
    left join first_bills
        on
            payments.bill_id = first_bills.bill_id
            and {{ counts_as_loaded('paid_at', 'payments') }}
            >= {{ counts_as_loaded('issued_at', 'first_bills') }}

)

select * from activity
