with

effects as (

    select
        program_id,
        weeks
    from {{ ref('program_effects') }}

),

programs as (

    select * from {{ ref('int_programs') }}

),

weeks as (

    select
        program_id,
        {{ rows_of('weeks') }}
    from effects

),

impact as (

    select
        weeks.program_id,
        weeks.weeks_from_start,

        weeks.effect_points,
        weeks.effect_points_lower,
        weeks.effect_points_upper,
        weeks.answers,

        programs.as_of_date
    from weeks
    inner join programs on weeks.program_id = programs.program_id

)

select * from impact
