with

received as (

    select * from {{ ref('base_company__programs') }}

),

versions as (

    select
        program_id,
        program_name,
        program_type,
        started_at,
        cost_per_enrollment,
        is_randomized,
        has_loaded_at,
        is_first_version,
        {{ is_from_first_load(ref('base_company__programs')) }} as is_from_first_load,
        loaded_at,
        superseded_at
    from received
    where
        rejection_rule is null
        and (superseded_at is null or superseded_at > loaded_at)

)

select * from versions
