with

planned as (

    select {{ rows_of('invitations') }}
    from {{ ref('survey_plan') }}

),

plan as (

    select
        customer_id,
        entity_id,

        case
            when is_random then 'drawn by lot, so that the answers can stand for everyone'
            else 'an answer makes ' || entity_id || ' known better'
        end as reason,

        plan_rank,
        response_propensity,
        random_probability,
        worth,

        is_random,

        plan_date
    from planned

)

select * from plan
