with

programs as (

    select * from {{ ref('stg_company__programs_versions') }}

),

enrollments as (

    select * from {{ ref('int_known_enrollments') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

assignments as (

    select * from {{ ref('int_earlier_assignments') }}

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

),

-- A program that only enrolments name is measured, too; its name and cost are not known.
unlisted as (

    select
        enrollments.program_id,

        enrollments.program_id as program_name,
        cast(null as varchar) as program_type,

        cast(null as double) as cost_per_enrollment,

        false as is_randomized,

        cast(min(enrollments.enrolled_at) as date) as started_date,
        min(as_of.as_of_date) as as_of_date
    from enrollments
    cross join as_of
    where enrollments.program_id not in (select known_programs.program_id from known_programs)
    group by enrollments.program_id

),

-- The queue is a program like any other, without the company handing it in.
queue as (

    select
        {{ queue_program() }} as program_id,

        'Intervention queue' as program_name,
        'contact list' as program_type,

        avg(
            case when not assignments.is_held_out then assignments.intervention_cost end
        ) as cost_per_enrollment,

        true as is_randomized,

        min(assignments.queue_date) as started_date,
        min(as_of.as_of_date) as as_of_date
    from assignments
    cross join as_of
    having count(*) > 0

),

all_programs as (

    select * from known_programs
    where program_id <> {{ queue_program() }}

    union all

    select * from unlisted
    where program_id <> {{ queue_program() }}

    union all

    select * from queue

)

select * from all_programs
