with

received as (

    select * from {{ ref('base_company__survey_responses') }}

),

versions as (

    select
        response_id,
        customer_id,
        responded_at,
        instrument_id,
        answer,
        invitation_id,
        contact_id,
        agent_id,
        channel,
        touchpoint,
        product,
        comment,
        has_loaded_at,
        is_first_version,
        {{ is_from_first_load(ref('base_company__survey_responses')) }} as is_from_first_load,
        loaded_at,
        superseded_at
    from received
    where
        rejection_rule is null
        and (superseded_at is null or superseded_at > loaded_at)

)

select * from versions
