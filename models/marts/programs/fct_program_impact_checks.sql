with

effects as (

    select
        program_id,
        checks
    from {{ ref('program_effects') }}

),

programs as (

    select * from {{ ref('int_programs') }}

),

checks as (

    select
        program_id,
        {{ rows_of('checks') }}
    from effects

),

looked_at as (

    select
        checks.program_id,
        checks.check_name,

        checks.status,
        checks.message,

        checks.value,
        checks.bound,
        checks.could_feign_points,

        programs.as_of_date
    from checks
    inner join programs on checks.program_id = programs.program_id

)

select * from looked_at
