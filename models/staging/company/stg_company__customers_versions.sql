with

received as (

    select * from {{ ref('base_company__customers') }}

),

versions as (

    select
        customer_id,
        customer_since,
        closed_at,
        customer_type,
        region,
        plan,
        preferred_channel,
        annual_value,
        industry,
        has_loaded_at,
        is_first_version,
        {{ is_from_first_load(ref('base_company__customers')) }} as is_from_first_load,
        loaded_at,
        superseded_at
    from received
    where
        rejection_rule is null
        and (superseded_at is null or superseded_at > loaded_at)

)

select * from versions
