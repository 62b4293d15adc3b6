with

changes as (

    select * from {{ ref('int_segment_changes') }}

),

stretches as (

    select
        customer_id,
        segment_id,
        segment_value,
        from_date as valid_from,
        {{ add_days('lead(from_date) over (partition by customer_id, segment_id order by from_date)', -1) }}
            as valid_until
    from changes

),

members as (

    select
        customer_id,
        segment_id || ':' || segment_value as entity_id,
        segment_id,

        segment_value,

        valid_from,
        valid_until
    from stretches
    where segment_value is not null

)

select * from members
