-- Answers about what an agent handled, with what came of the contact as far as is known today: that is what
-- coaching is about, and what a comparison of agents must not look at.
with

answers as (

    select * from {{ ref('int_agent_answers') }}

),

ratings as (

    select * from {{ ref('int_survey_ratings') }}

),

contacts as (

    select * from {{ ref('stg_company__contacts_versions') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

handled as (

    select
        answers.response_id,
        answers.customer_id,
        ratings.contact_id,
        answers.agent_id,
        answers.instrument_id,

        answers.team,
        answers.channel,
        answers.topic,
        contacts.queue,

        answers.csat_score_before,
        answers.wait_seconds,
        ratings.rating,
        contacts.handle_seconds,
        contacts.transfers,
        contacts.reopen_count,

        answers.is_satisfied,
        answers.is_follow_up,
        answers.is_skill_mismatch,
        answers.is_new_agent,
        contacts.is_resolved,

        answers.sent_at,
        ratings.responded_at,
        as_of.as_of_date
    from answers
    cross join as_of
    inner join ratings on answers.response_id = ratings.response_id
    left join contacts
        on
            ratings.contact_id = contacts.contact_id
            and {{ known_before_as_of('contacts') }}

)

select * from handled
