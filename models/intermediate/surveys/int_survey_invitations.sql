{#- The rate is final only where the time to answer is over: what may still come would make the latest days
    look low. -#}
{%- set response_days = var('response_days') -%}

-- depends_on: {{ ref('int_survey_months_due') }}
with

invitations as (

    select * from {{ ref('stg_company__survey_invitations_versions') }}

),

instruments as (

    select * from {{ ref('survey_instruments') }}

),

ratings as (

    select * from {{ ref('int_survey_ratings') }}
    where invitation_id is not null

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

first_answers as (

    select
        invitation_id,
        min(responded_at) as responded_at
    from ratings
    group by invitation_id

),

sent as (

    select
        invitations.invitation_id,
        invitations.customer_id,
        invitations.contact_id,
        invitations.agent_id,
        invitations.instrument_id,

        instruments.metric,
        instruments.survey_kind,
        instruments.wording_version,
        invitations.channel,
        invitations.touchpoint,
        invitations.product,

        invitations.sent_at < as_of.as_of_date + interval 1 day - interval {{ response_days }} day as is_due,
        coalesce(
            first_answers.responded_at < invitations.sent_at + interval {{ response_days }} day, false
        ) as is_answered,

        invitations.sent_at
    from invitations
    inner join instruments on invitations.instrument_id = instruments.instrument_id
    cross join as_of
    left join first_answers on invitations.invitation_id = first_answers.invitation_id
    where
        invitations.sent_at < as_of.as_of_date + interval 1 day
        and {{ known_before_as_of('invitations') }}
        and {{ is_of_months_due('invitations.sent_at') }}

)

select * from sent
