with

received as (

    select * from {{ ref('base_company__program_enrollments') }}

),

versions as (

    select
        program_id,
        customer_id,
        enrolled_at,
        ended_at,
        coalesce(is_control, false) as is_control,
        has_loaded_at,
        is_first_version,
        {{ is_from_first_load(ref('base_company__program_enrollments')) }} as is_from_first_load,
        loaded_at,
        superseded_at
    from received
    where
        rejection_rule is null
        and (superseded_at is null or superseded_at > loaded_at)

)

select * from versions
