with

restrictions as (

    select * from {{ ref('contact_restrictions') }}

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

known_attributes as (

    select
        attributes.customer_id,
        attributes.attribute as name,
        attributes.value,
        row_number() over (
            partition by attributes.customer_id, attributes.attribute order by attributes.valid_from desc
        ) as place
    from attributes
    cross join as_of
    where
        {{ known_before_as_of('attributes') }}
        and attributes.valid_from < {{ add_days('as_of.as_of_date', 1) }}
        and attributes.attribute in (
            select restrictions.name
            from restrictions
            where restrictions.source = 'attribute'
        )

),

known_signals as (

    select
        signals.customer_id,
        signals.signal as name,
        signals.value,
        row_number() over (
            partition by signals.customer_id, signals.signal order by signals.occurred_at desc
        ) as place
    from signals
    cross join as_of
    where
        {{ known_before_as_of('signals') }}
        and signals.occurred_at < {{ add_days('as_of.as_of_date', 1) }}
        and signals.signal in (
            select restrictions.name
            from restrictions
            where restrictions.source = 'signal'
        )

),

restricted as (

    select
        known_attributes.customer_id,
        restrictions.restriction
    from known_attributes
    inner join restrictions
        on
            known_attributes.name = restrictions.name
            and lower(trim(known_attributes.value)) = lower(restrictions.value)
    where known_attributes.place = 1 and restrictions.source = 'attribute'

    union all

    select
        known_signals.customer_id,
        restrictions.restriction
    from known_signals
    inner join restrictions on known_signals.name = restrictions.name
    where known_signals.place = 1 and restrictions.source = 'signal' and known_signals.value > 0

),

customers as (

    select
        customer_id,
        min(restriction) as restriction
    from restricted
    group by customer_id

)

select * from customers
