with

effects as (

    select
        program_id,
        effect_groups
    from {{ ref('program_effects') }}

),

programs as (

    select * from {{ ref('int_programs') }}

),

effect_groups as (

    select
        program_id,
        {{ rows_of('effect_groups') }}
    from effects

),

impact as (

    select
        effect_groups.program_id,
        effect_groups.group_kind,
        effect_groups.group_value,

        effect_groups.verdict,
        effect_groups.verdict_message,

        effect_groups.effect_points,
        effect_groups.effect_points_lower,
        effect_groups.effect_points_upper,
        effect_groups.treated_customers,
        effect_groups.answers,

        programs.as_of_date
    from effect_groups
    inner join programs on effect_groups.program_id = programs.program_id

)

select * from impact
