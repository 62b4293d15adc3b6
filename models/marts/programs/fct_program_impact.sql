with

effects as (

    select * from {{ ref('program_effects') }}

),

programs as (

    select * from {{ ref('int_programs') }}

),

impact as (

    select
        programs.program_id,

        programs.program_name,
        programs.program_type,
        effects.method,
        effects.verdict,
        effects.verdict_message,

        effects.effect_points,
        effects.effect_points_lower,
        effects.effect_points_upper,
        effects.smallest_effect_told,
        effects.behaviour_points,
        effects.behaviour_points_lower,
        effects.behaviour_points_upper,
        effects.csat_without_program,
        effects.weeks_after,
        effects.enrolled_customers,
        effects.ended_customers,
        effects.treated_customers,
        effects.control_customers,
        effects.answers,
        effects.treated_answers,
        effects.least_effective_answers,
        programs.cost_per_enrollment,
        effects.cost_per_point,
        effects.cost_per_point_lower,
        effects.cost_per_point_upper,
        effects.cost_per_satisfied,
        effects.cost_per_satisfied_lower,
        effects.cost_per_satisfied_upper,
        effects.priority_rank,

        programs.is_randomized,

        programs.started_date,
        effects.first_enrolled_date,
        effects.last_enrolled_date,
        programs.as_of_date
    from programs
    inner join effects on programs.program_id = effects.program_id

)

select * from impact
