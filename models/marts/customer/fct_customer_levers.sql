with

levers as (

    select * from {{ ref('customer_levers') }}

),

definitions as (

    select * from {{ ref('lever_definitions') }}

),

programs as (

    select * from {{ ref('fct_program_impact') }}
    where verdict = 'raises'

),

priced as (

    select
        levers.customer_id,
        levers.score_date,

        levers.lever,
        levers.second_lever,
        case
            when levers.second_lever is null then definitions.lever_label
            else definitions.lever_label || '; ' || second_definitions.lever_label
        end as lever_label,
        case
            when levers.levers = 1 and programs.program_id is not null
                then
                    'measured: ' || programs.program_name || ' raises the satisfaction of those who enrol by '
                    || cast(round(programs.effect_points_lower, 1) as varchar) || ' to '
                    || cast(round(programs.effect_points_upper, 1) as varchar) || ' points'
            when levers.lever is not null then {{ association() }}
        end as evidence,
        levers.reason,
        levers.model_version,

        levers.levers,
        levers.lever_rank,
        levers.csat_score,
        levers.csat_score + levers.gain_points as csat_score_afterwards,
        levers.gain_points,
        definitions.lever_cost + coalesce(second_definitions.lever_cost, 0) as lever_cost
    from levers
    left join definitions on levers.lever = definitions.lever
    left join definitions as second_definitions on levers.second_lever = second_definitions.lever
    left join programs on definitions.program_id = programs.program_id

),

told as (

    select
        customer_id,
        score_date,

        lever,
        second_lever,
        lever_label,
        evidence,
        reason,
        model_version,

        levers,
        lever_rank,
        csat_score,
        csat_score_afterwards,
        gain_points,
        lever_cost,
        lever_cost / gain_points as cost_per_point
    from priced

)

select * from told
