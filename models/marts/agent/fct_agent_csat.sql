with

comparison as (

    select * from {{ ref('agent_comparison') }}
    where level = 'agent'

),

agents as (

    select * from {{ ref('dim_agents') }}

),

-- The same in every row; a new agent without an answer has it too.
dips as (

    select
        max(new_agent_dip) as new_agent_dip,
        max(new_agent_dip_lower) as new_agent_dip_lower,
        max(new_agent_dip_upper) as new_agent_dip_upper,
        max(new_agent_dip_reason) as new_agent_dip_reason
    from comparison

),

counts as (

    select
        agents.agent_id,
        coalesce(comparison.answers, 0) as answers,
        coalesce(comparison.satisfied_answers, 0) as satisfied_answers,
        coalesce(comparison.answers_while_new, 0) as answers_while_new,
        1e0 * comparison.satisfied_answers / comparison.answers as satisfied_share
    from agents
    left join comparison on agents.agent_id = comparison.entity_id

),

agent_csat as (

    select
        agents.agent_id,

        agents.team,
        comparison.verdict,
        case when comparison.entity_id is null then 'No answers.' else comparison.reason end as reason,
        case when agents.is_new then dips.new_agent_dip_reason end as new_agent_dip_reason,

        agents.tenure_days,
        counts.answers,
        counts.satisfied_answers,
        counts.answers_while_new,
        100e0 * counts.satisfied_share as csat_survey,
        {{ wilson('counts.satisfied_share', 'counts.answers', -1) }} as csat_survey_lower,
        {{ wilson('counts.satisfied_share', 'counts.answers', 1) }} as csat_survey_upper,
        comparison.csat_expected,
        comparison.difference,
        comparison.difference_shrunk,
        comparison.difference_shrunk_lower,
        comparison.difference_shrunk_upper,
        case when agents.is_new then dips.new_agent_dip end as new_agent_dip,
        case when agents.is_new then dips.new_agent_dip_lower end as new_agent_dip_lower,
        case when agents.is_new then dips.new_agent_dip_upper end as new_agent_dip_upper,

        agents.is_new,

        agents.as_of_date
    from agents
    cross join dips
    inner join counts on agents.agent_id = counts.agent_id
    left join comparison on agents.agent_id = comparison.entity_id

)

select * from agent_csat
