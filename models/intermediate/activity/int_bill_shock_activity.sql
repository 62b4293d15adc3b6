-- A customer's own normal: the bills of the year before that were known when this one came. First versions
-- alone, which no later one changes. Not with the other bills, which are asked for far further back.
with

first_bills as (

    -- From the base model, where one plain condition says it: the engine then expects more of these than of
    -- the bills that a reader asks for, and reads no further back than a year before the oldest of them.
    select
        customer_id,
        {{ cents('amount') }} as amount_cents,
        issued_at,
        {{ is_from_first_load(ref('base_company__bills')) }} as is_from_first_load,
        loaded_at
    from {{ ref('base_company__bills') }}
    where rejection_rule is null and is_first_version

),

bills as (

    select
        bill_id,
        customer_id,
        amount_cents,
        is_first_version,
        is_from_first_load,
        issued_at,
        loaded_at
    from {{ ref('stg_company__bills_versions') }}
    where is_first_version

),

compared as (

    -- A window over all bills would keep the reader's condition from the scan; and only what the bill is
    -- found by is grouped by, since each of the pairs carries it.
    select
        bills.bill_id,
        bills.customer_id,
        bills.amount_cents,
        bills.is_first_version,
        bills.is_from_first_load,
        bills.issued_at,
        bills.loaded_at,
        avg(first_bills.amount_cents) as usual_cents
    from bills
    inner join first_bills
        on
            bills.customer_id = first_bills.customer_id
            and bills.issued_at - interval 366 day <= first_bills.issued_at
            and bills.issued_at > first_bills.issued_at
            and {{ counts_as_loaded('issued_at', 'bills') }}
            >= {{ counts_as_loaded('issued_at', 'first_bills') }}
    group by all

),

activity as (

    select
        bill_id as event_id,
        customer_id,

        1e0 * amount_cents / nullif(usual_cents, 0) as times_usual,

        issued_at as occurred_at,
        {{ order_by_time('issued_at', 'bill_id') }} as event_order,
        {{ known_from('issued_at') }} as known_from,
        cast(null as timestamp) as known_until,
        {{ counts_as_loaded('issued_at') }} as counts_as_loaded_at,
        loaded_at
    from compared

)

select * from activity
