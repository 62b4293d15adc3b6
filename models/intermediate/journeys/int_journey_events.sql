-- What steps of journeys can be, as known at the end of the as-of date: events of all kinds alike. What came
-- long before the journeys that are looked at is left out: a day costs the same whatever lies behind it.
{%- set first_day = first_day_of_journey_events() %}

with

contacts as (

    select * from {{ ref('stg_company__contacts_versions') }}

),

interruptions as (

    select * from {{ ref('stg_company__interruptions_versions') }}

),

bills as (

    select * from {{ ref('stg_company__bills_versions') }}

),

payments as (

    select * from {{ ref('stg_company__payments_versions') }}

),

enrollments as (

    select * from {{ ref('int_known_enrollments') }}
    where not is_control

),

engagement_events as (

    select * from {{ ref('stg_company__engagement_events_versions') }}

),

signals as (

    select * from {{ ref('stg_company__customer_signals_versions') }}

),

customers as (

    select * from {{ ref('stg_company__customers_versions') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

known_bills as (

    select bills.*
    from bills
    cross join as_of
    where bills.issued_at >= {{ first_day }} and {{ known_before_as_of('bills') }}

),

known_payments as (

    select payments.*
    from payments
    cross join as_of
    where payments.paid_at >= {{ first_day }} and {{ known_before_as_of('payments') }}

),

settled as (

    select
        bill_id,
        min(paid_at) as first_paid_at
    from known_payments
    where bill_id is not null and coalesce(status, 'settled') = 'settled'
    group by bill_id

),

records as (

    -- Without payments, or before the first that names its bill, nobody knows which bills were paid.
    select min(first_paid_at) as first_at
    from settled

),

late as (

    select
        known_bills.bill_id,
        known_bills.customer_id,
        known_bills.due_at
    from known_bills
    inner join records on known_bills.issued_at >= records.first_at
    left join settled on known_bills.bill_id = settled.bill_id
    where coalesce(settled.first_paid_at > known_bills.due_at, true)

),

events as (

    -- What a program causes is its effect, not the customer's own doing.
    select
        contacts.customer_id,
        'contact' as event,
        contacts.topic as detail,
        contacts.channel,
        coalesce(contacts.transfers, 0) as hand_offs,
        contacts.started_at as occurred_at
    from contacts
    cross join as_of
    where contacts.program_id is null and {{ known_before_as_of('contacts') }}

    union all

    select
        interruptions.customer_id,
        'interruption' as event,
        case when interruptions.is_planned then 'planned' else 'unplanned' end as detail,
        null as channel,
        0 as hand_offs,
        interruptions.started_at as occurred_at
    from interruptions
    cross join as_of
    where {{ known_before_as_of('interruptions') }}

    union all

    select
        customer_id,
        'bill' as event,
        case when is_estimated then 'estimated' else 'by reading' end as detail,
        null as channel,
        0 as hand_offs,
        issued_at as occurred_at
    from known_bills

    union all

    select
        customer_id,
        'late_payment' as event,
        null as detail,
        null as channel,
        0 as hand_offs,
        due_at as occurred_at
    from late

    union all

    select
        customer_id,
        'payment' as event,
        coalesce(status, 'settled') as detail,
        null as channel,
        0 as hand_offs,
        paid_at as occurred_at
    from known_payments

    union all

    select
        customer_id,
        'program' as event,
        program_id as detail,
        null as channel,
        0 as hand_offs,
        enrolled_at as occurred_at
    from enrollments

    union all

    select
        engagement_events.customer_id,
        'digital' as event,
        engagement_events.event_type as detail,
        engagement_events.channel,
        0 as hand_offs,
        engagement_events.occurred_at
    from engagement_events
    cross join as_of
    where engagement_events.program_id is null and {{ known_before_as_of('engagement_events') }}

    union all

    select
        signals.customer_id,
        'signal' as event,
        signals.signal as detail,
        null as channel,
        0 as hand_offs,
        signals.occurred_at
    from signals
    cross join as_of
    where {{ known_before_as_of('signals') }}

    union all

    select
        customers.customer_id,
        'customer_start' as event,
        null as detail,
        null as channel,
        0 as hand_offs,
        cast(customers.customer_since as timestamp) as occurred_at
    from customers
    cross join as_of
    where {{ known_before_as_of('customers') }}

),

happened as (

    select events.*
    from events
    cross join as_of
    where events.occurred_at >= {{ first_day }} and events.occurred_at < as_of.as_of_date + interval 1 day

)

select * from happened
