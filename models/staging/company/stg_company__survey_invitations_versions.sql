with

received as (

    select * from {{ ref('base_company__survey_invitations') }}

),

versions as (

    select
        invitation_id,
        customer_id,
        sent_at,
        instrument_id,
        contact_id,
        agent_id,
        channel,
        touchpoint,
        product,
        has_loaded_at,
        is_first_version,
        {{ is_from_first_load(ref('base_company__survey_invitations')) }} as is_from_first_load,
        loaded_at,
        superseded_at
    from received
    where
        rejection_rule is null
        and (superseded_at is null or superseded_at > loaded_at)

)

select * from versions
