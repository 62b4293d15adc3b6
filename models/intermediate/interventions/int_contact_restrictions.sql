-- Fails closed: a value that nobody has foreseen forbids a contact, because nobody knows what it says.
with

restrictions as (

    select
        source,
        restriction,
        {{ comparable_text('name') }} as name,
        {{ comparable_text('allowing_value') }} as allowing_value
    from {{ ref('contact_restrictions') }}

),

asked as (

    select distinct
        source,
        name,
        restriction
    from restrictions

),

attributes as (

    select * from {{ ref('stg_company__customer_attributes_versions') }}

),

signals as (

    select * from {{ ref('stg_company__customer_signals_versions') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

said as (

    select
        'attribute' as source,
        attributes.customer_id,
        {{ comparable_text('attributes.attribute') }} as name,
        {{ comparable_text('attributes.value') }} as value,
        attributes.valid_from as said_at
    from attributes
    cross join as_of
    where
        {{ known_before_as_of('attributes') }}
        and attributes.valid_from < {{ add_days('as_of.as_of_date', 1) }}

    union all

    select
        'signal' as source,
        signals.customer_id,
        {{ comparable_text('signals.signal') }} as name,
        -- Without a value the signal says by being there that it is so.
        case when coalesce(signals.value, 1) > 0 then 'yes' else '' end as value,
        signals.occurred_at as said_at
    from signals
    cross join as_of
    where
        {{ known_before_as_of('signals') }}
        and signals.occurred_at < {{ add_days('as_of.as_of_date', 1) }}

),

told as (

    select
        said.source,
        said.customer_id,
        said.name,
        said.said_at,
        asked.restriction,
        restrictions.name is null as is_restricting
    from said
    inner join asked on said.source = asked.source and said.name = asked.name
    left join restrictions
        on
            said.source = restrictions.source
            and said.name = restrictions.name
            and said.value = restrictions.allowing_value

),

-- Of one name spelt in several ways the newest counts; of two at once the one that forbids.
placed as (

    select
        *,
        row_number() over (
            partition by source, customer_id, name order by said_at desc, is_restricting desc
        ) as place
    from told

),

customers as (

    select
        customer_id,
        min(restriction) as restriction
    from placed
    where place = 1 and is_restricting
    group by customer_id

)

select * from customers
