-- depends_on: {{ ref('int_survey_months_due') }}
with

responses as (

    select * from {{ ref('stg_company__survey_responses_versions') }}

),

invitations as (

    select * from {{ ref('stg_company__survey_invitations_versions') }}

),

contacts as (

    select * from {{ ref('stg_company__contacts_versions') }}

),

possible_answers as (

    select * from {{ ref('stg_survey_answers') }}

),

first_versions as (

    select
        response_id,
        greatest(responded_at, {{ counts_as_loaded('responded_at') }}) as first_known_at
    from responses
    where is_first_version

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

rated as (

    select
        responses.response_id,
        responses.customer_id,
        invitations.invitation_id,
        -- A rejected contact takes its link to the answer with it, never the answer.
        contacts.contact_id,
        responses.instrument_id,

        possible_answers.metric,
        possible_answers.survey_kind,
        possible_answers.scale,
        possible_answers.wording_version,
        -- What was so when the survey was sent counts, not what became of it later.
        coalesce(invitations.agent_id, responses.agent_id) as agent_id,
        coalesce(invitations.channel, responses.channel) as channel,
        coalesce(invitations.touchpoint, responses.touchpoint) as touchpoint,
        coalesce(invitations.product, responses.product) as product,
        responses.answer,
        responses.comment,

        possible_answers.rating,
        possible_answers.value_0_100,

        case when possible_answers.metric = 'csat' then possible_answers.is_favourable end as is_satisfied,
        possible_answers.is_favourable,
        possible_answers.is_unfavourable,

        -- An answer without an invitation counts as sent when answered; so does one whose
        -- invitation claims to be the later of the two.
        least(coalesce(invitations.sent_at, responses.responded_at), responses.responded_at) as sent_at,
        responses.responded_at,
        -- What is delivered again was known before.
        coalesce(
            first_versions.first_known_at, greatest(responses.responded_at, responses.loaded_at)
        ) as first_known_at
    from responses
    inner join possible_answers
        on
            responses.instrument_id = possible_answers.instrument_id
            and responses.answer = possible_answers.answer
    cross join as_of
    left join first_versions on responses.response_id = first_versions.response_id
    left join invitations
        on
            responses.invitation_id = invitations.invitation_id
            and {{ known_before_as_of('invitations') }}
    left join contacts
        on
            coalesce(invitations.contact_id, responses.contact_id) = contacts.contact_id
            and {{ known_before_as_of('contacts') }}
    where
        responses.responded_at >= {{ first_survey_month_due() }}
        and responses.responded_at < as_of.as_of_date + interval 1 day
        and {{ known_before_as_of('responses') }}

)

select * from rated
where {{ is_of_months_due('sent_at') }}
