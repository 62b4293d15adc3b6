-- Satisfaction answers about what an agent handled, with what was so before the agent took over: what came of
-- it is the work of the agent, and no excuse.
with

records as (

    select * from {{ ref('int_survey_records') }}

),

contacts as (

    select * from {{ ref('stg_company__contacts_versions') }}

),

agents as (

    select * from {{ ref('stg_company__agents_versions') }}

),

scores as (

    select * from {{ ref('int_customer_csat_scores') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

answers as (

    select
        records.*,
        as_of.known_before
    from records
    cross join as_of
    where
        records.record_kind = 'answer'
        and records.metric = 'csat'
        and records.agent_id is not null
        and records.sent_at >= {{ add_days('as_of.as_of_date', 1 - var('agent_window_days')) }}

),

handled as (

    select
        answers.record_id as response_id,
        answers.customer_id,
        answers.agent_id,
        answers.instrument_id,

        answers.team,
        answers.channel,
        answers.topic,

        contacts.wait_seconds,

        answers.is_favourable as is_satisfied,
        case when contacts.contact_id is not null then contacts.parent_contact_id is not null end
            as is_follow_up,
        not {{ list_contains('agents.skills', 'answers.topic') }} as is_skill_mismatch,

        answers.sent_at,
        cast(contacts.started_at as date) as contact_date,
        cast(coalesce(contacts.started_at, answers.sent_at) as date) as handled_date,
        cast(agents.hired_at as date) as hired_date
    from answers
    left join contacts
        on
            answers.contact_id = contacts.contact_id
            and answers.known_before > contacts.loaded_at
            and {{ known_at('contacts', 'answers.sent_at') }}
    left join agents
        on
            answers.agent_id = agents.agent_id
            and answers.known_before > agents.loaded_at
            and {{ known_at('agents', 'answers.sent_at') }}

),

with_tenure as (

    select
        *,
        {{ days_between('hired_date', 'handled_date') }} as agent_tenure_days
    from handled

),

agent_answers as (

    select
        with_tenure.response_id,
        with_tenure.customer_id,
        with_tenure.agent_id,
        with_tenure.instrument_id,

        with_tenure.team,
        with_tenure.channel,
        with_tenure.topic,

        -- Of the day before: the score of the day itself knows the contact.
        scores.csat_score as csat_score_before,
        with_tenure.wait_seconds,
        with_tenure.agent_tenure_days,

        with_tenure.is_satisfied,
        with_tenure.is_follow_up,
        with_tenure.is_skill_mismatch,
        with_tenure.agent_tenure_days < {{ var('new_agent_days') }} as is_new_agent,

        with_tenure.sent_at
    from with_tenure
    left join scores
        on
            with_tenure.customer_id = scores.customer_id
            and {{ add_days('with_tenure.contact_date', -1) }} = scores.score_date

)

select * from agent_answers
