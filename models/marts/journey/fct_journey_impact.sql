with

impact as (

    select * from {{ ref('journey_impact') }}

),

funnel as (

    select * from {{ ref('fct_journey_funnel') }}

),

steps as (

    select
        *,
        lag(step_name) over (partition by journey_id order by step) as step_before_name
    from funnel

),

compared as (

    select
        steps.journey_id,
        steps.step,

        steps.journey_name,
        steps.owner,
        steps.step_name,
        steps.step_before_name,
        {{ association() }} as evidence,
        case
            when impact.journey_id is null then 'cannot be told. Nobody has come so far and been followed up.'
            else {{ difference_in_words(
                'impact.estimate', 'impact.conf_low', 'impact.conf_high', 'impact.std_error', 'impact.reason'
            ) }}
        end as verdict,

        coalesce(impact.took_step, 0) as took_step,
        coalesce(impact.others, 0) as others,
        coalesce(impact.answers, 0) as answers,
        coalesce(impact.answers_others, 0) as answers_others,
        impact.effective_answers,
        impact.effective_answers_others,
        impact.csat,
        impact.csat_others,
        impact.estimate as difference_points,
        impact.conf_low as difference_points_lower,
        impact.conf_high as difference_points_upper
    from steps
    left join impact on steps.journey_id = impact.journey_id and steps.step = impact.step
    where steps.step > 1

)

select * from compared
