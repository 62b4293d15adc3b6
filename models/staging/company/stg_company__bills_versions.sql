with

received as (

    select * from {{ ref('base_company__bills') }}

),

versions as (

    select
        bill_id,
        customer_id,
        issued_at,
        due_at,
        {{ cents('amount') }} as amount_cents,
        is_estimated,
        is_disputed,
        has_loaded_at,
        is_first_version,
        {{ is_from_first_load(ref('base_company__bills')) }} as is_from_first_load,
        loaded_at,
        superseded_at
    from received
    where
        rejection_rule is null
        and (superseded_at is null or superseded_at > loaded_at)

)

select * from versions
