with

received as (

    select * from {{ ref('base_company__agents') }}

),

versions as (

    select
        agent_id,
        agent_name,
        team,
        hired_at,
        skills,
        has_loaded_at,
        is_first_version,
        {{ is_from_first_load(ref('base_company__agents')) }} as is_from_first_load,
        loaded_at,
        superseded_at
    from received
    where
        rejection_rule is null
        and (superseded_at is null or superseded_at > loaded_at)

)

select * from versions
