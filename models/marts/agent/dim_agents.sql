with

agents as (

    select * from {{ ref('stg_company__agents_versions') }}

),

records as (

    select * from {{ ref('int_survey_records') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

known_agents as (

    select
        agents.agent_id,
        agents.agent_name,
        agents.team,
        agents.skills,
        agents.hired_at
    from agents
    cross join as_of
    where {{ known_before_as_of('agents') }}

),

-- A company that hands in no agents still names them on its surveys.
agent_ids as (

    select agent_id
    from known_agents

    union distinct

    select agent_id
    from records
    where agent_id is not null

),

with_tenure as (

    select
        agent_ids.agent_id,
        known_agents.agent_name,
        known_agents.team,
        known_agents.skills,
        known_agents.hired_at,
        as_of.as_of_date,
        {{ days_between('cast(known_agents.hired_at as date)', 'as_of.as_of_date') }} as tenure_days
    from agent_ids
    cross join as_of
    left join known_agents on agent_ids.agent_id = known_agents.agent_id

),

current_agents as (

    select
        agent_id,

        agent_name,
        team,
        skills,

        tenure_days,

        tenure_days < {{ var('new_agent_days') }} as is_new,

        hired_at,
        as_of_date
    from with_tenure

)

select * from current_agents
