with

bills as (

    select * from {{ ref('stg_company__bills_versions') }}

),

first_bills as (

    -- From the base model, where one plain condition says it: the engine then expects more of these than of
    -- the bills that a reader asks for, and reads no further back than a year before the oldest of them.
    select
        bill_id,
        customer_id,
        issued_at,
        {{ cents('amount') }} as amount_cents
    from {{ ref('base_company__bills') }}
    where rejection_rule is null and is_first_version

),

compared as (

    -- A customer's own normal: the bills of the year before, without this one. A window over all bills would
    -- keep the reader's condition from the scan.
    select
        bills.bill_id,
        bills.customer_id,
        bills.amount_cents,
        bills.is_estimated,
        bills.is_disputed,
        bills.has_loaded_at,
        bills.is_first_version,
        bills.issued_at,
        bills.loaded_at,
        bills.superseded_at,
        max(first_bills.amount_cents) filter (where first_bills.bill_id = bills.bill_id) as first_cents,
        avg(first_bills.amount_cents) filter (
            where first_bills.bill_id <> bills.bill_id and first_bills.issued_at < bills.issued_at
        ) as usual_cents
    from bills
    left join first_bills
        on
            bills.customer_id = first_bills.customer_id
            and bills.issued_at - interval 366 day <= first_bills.issued_at
            and bills.issued_at >= first_bills.issued_at
    group by all

),

activity as (

    select
        bill_id as event_id,
        customer_id,

        amount_cents,
        1e0 * coalesce(first_cents, amount_cents) / nullif(usual_cents, 0) as times_usual,

        coalesce(is_estimated, false) as is_estimated,
        -- A column that changes and has no time of its own counts only where loaded_at tells when.
        case when has_loaded_at then is_disputed end as is_disputed,

        issued_at as occurred_at,
        {{ order_by_time('issued_at', 'bill_id') }} as event_order,
        {{ known_from('issued_at') }} as known_from,
        superseded_at as known_until,
        loaded_at
    from compared

)

select * from activity
