with

received as (

    select * from {{ ref('base_company__payments') }}

),

versions as (

    select
        payment_id,
        customer_id,
        bill_id,
        paid_at,
        {{ cents('amount') }} as amount_cents,
        method,
        status,
        is_autopay,
        has_loaded_at,
        is_first_version,
        {{ is_from_first_load(ref('base_company__payments')) }} as is_from_first_load,
        loaded_at,
        superseded_at
    from received
    where
        rejection_rule is null
        and (superseded_at is null or superseded_at > loaded_at)

)

select * from versions
