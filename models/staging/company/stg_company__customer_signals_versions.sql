with

received as (

    select * from {{ ref('base_company__customer_signals') }}

),

versions as (

    select
        customer_id,
        signal,
        occurred_at,
        value,
        has_loaded_at,
        is_first_version,
        {{ is_from_first_load(ref('base_company__customer_signals')) }} as is_from_first_load,
        loaded_at,
        superseded_at
    from received
    where
        rejection_rule is null
        and (superseded_at is null or superseded_at > loaded_at)

)

select * from versions
