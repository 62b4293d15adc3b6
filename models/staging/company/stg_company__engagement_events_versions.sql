with

received as (

    select * from {{ ref('base_company__engagement_events') }}

),

versions as (

    select
        event_id,
        customer_id,
        occurred_at,
        channel,
        event_type,
        program_id,
        has_loaded_at,
        is_first_version,
        {{ is_from_first_load(ref('base_company__engagement_events')) }} as is_from_first_load,
        loaded_at,
        superseded_at
    from received
    where
        rejection_rule is null
        and (superseded_at is null or superseded_at > loaded_at)

)

select * from versions
