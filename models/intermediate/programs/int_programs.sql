with

programs as (

    select * from {{ ref('stg_company__programs_versions') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

known_programs as (

    select
        programs.program_id,

        programs.program_name,
        programs.program_type,

        programs.cost_per_enrollment,

        coalesce(programs.is_randomized, false) as is_randomized,

        cast(programs.started_at as date) as started_date,
        as_of.as_of_date
    from programs
    cross join as_of
    where {{ known_before_as_of('programs') }}

)

select * from known_programs
