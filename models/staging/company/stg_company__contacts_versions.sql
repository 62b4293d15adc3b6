with

received as (

    select * from {{ ref('base_company__contacts') }}

),

versions as (

    select
        contact_id,
        customer_id,
        started_at,
        channel,
        topic,
        queue,
        agent_id,
        first_response_at,
        first_human_response_at,
        wait_seconds,
        handle_seconds,
        transfers,
        is_resolved,
        resolved_at,
        reopen_count,
        parent_contact_id,
        product,
        program_id,
        has_loaded_at,
        is_first_version,
        {{ is_from_first_load(ref('base_company__contacts')) }} as is_from_first_load,
        loaded_at,
        superseded_at
    from received
    where
        rejection_rule is null
        and (superseded_at is null or superseded_at > loaded_at)

)

select * from versions
