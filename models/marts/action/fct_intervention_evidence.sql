with

gains as (

    select * from {{ ref('intervention_gains') }}

),

definitions as (

    select * from {{ ref('intervention_definitions') }}

),

evidence as (

    select
        definitions.intervention,
        gains.program_id,

        definitions.recommended_action,
        definitions.cause_in_words,

        gains.answers,
        gains.answering_customers,
        gains.gap_points,
        gains.gap_points - {{ normal_quantile() }} * gains.gap_std_error as gap_points_lower,
        gains.gap_points + {{ normal_quantile() }} * gains.gap_std_error as gap_points_upper,
        gains.expected_gap_points,
        gains.program_points,
        gains.program_points_lower,
        gains.program_points_upper,
        gains.probability_helps,
        definitions.intervention_cost
    from definitions
    inner join gains on definitions.intervention = gains.intervention

)

select * from evidence
