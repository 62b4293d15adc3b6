with

effects as (

    select * from {{ ref('program_effects') }}

),

programs as (

    select * from {{ ref('int_programs') }}

),

priorities as (

    select
        programs.program_id,

        programs.program_name,
        effects.verdict,
        effects.priority_reason as reason,

        effects.priority_rank,
        effects.effect_shrunk,
        effects.effect_shrunk_lower,
        effects.effect_shrunk_upper,
        programs.cost_per_enrollment,
        effects.reach_customers,
        effects.base_points_per_1000,
        effects.funded_customers,
        effects.funded_money,
        effects.funded_base_points,
        effects.funded_base_points_lower,
        effects.funded_base_points_upper,
        effects.probability_positive,
        effects.probability_funded,

        programs.as_of_date
    from programs
    inner join effects on programs.program_id = effects.program_id

)

select * from priorities
