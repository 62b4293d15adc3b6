with

received as (

    select * from {{ ref('base_company__interruptions') }}

),

versions as (

    select
        interruption_id,
        customer_id,
        started_at,
        restored_at,
        is_planned,
        notified_at,
        estimated_restored_at,
        cause,
        has_loaded_at,
        is_first_version,
        {{ is_from_first_load(ref('base_company__interruptions')) }} as is_from_first_load,
        loaded_at,
        superseded_at
    from received
    where
        rejection_rule is null
        and (superseded_at is null or superseded_at > loaded_at)

)

select * from versions
