-- depends_on: {{ ref('int_survey_months_due') }}
with

invitations as (

    select * from {{ ref('int_survey_invitations') }}
    where {{ is_of_months_due('sent_at') }}

),

ratings as (

    select * from {{ ref('int_survey_ratings') }}
    where {{ is_of_months_due('sent_at') }}

),

contacts as (

    select * from {{ ref('stg_company__contacts_versions') }}

),

agents as (

    select * from {{ ref('stg_company__agents_versions') }}

),

customers as (

    select * from {{ ref('stg_company__customers_versions') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

records as (

    select
        'invitation' as record_kind,
        invitation_id as record_id,
        customer_id,
        contact_id,
        agent_id,
        instrument_id,
        metric,
        survey_kind,
        null as scale,
        wording_version,
        channel,
        touchpoint,
        product,
        null as rating,
        null as value_0_100,
        null as is_favourable,
        null as is_unfavourable,
        null as has_invitation,
        is_due,
        is_answered,
        sent_at,
        cast(sent_at as date) as counted_date
    from invitations

    union all

    select
        'answer' as record_kind,
        response_id as record_id,
        customer_id,
        contact_id,
        agent_id,
        instrument_id,
        metric,
        survey_kind,
        scale,
        wording_version,
        channel,
        touchpoint,
        product,
        rating,
        value_0_100,
        is_favourable,
        is_unfavourable,
        invitation_id is not null as has_invitation,
        null as is_due,
        null as is_answered,
        sent_at,
        cast(responded_at as date) as counted_date
    from ratings

),

placed as (

    -- As of sending: a contact that was moved to another topic, or an agent who has changed team since, would
    -- otherwise take old answers along.
    select
        records.record_kind,
        records.record_id,
        records.customer_id,
        contacts.contact_id,
        records.agent_id,
        records.instrument_id,

        records.metric,
        records.survey_kind,
        records.scale,
        records.wording_version,
        records.channel,
        records.touchpoint,
        records.product,
        contacts.topic,
        contacts.queue,
        agents.team,
        customers.plan,
        customers.region,
        customers.customer_type,

        records.rating,
        records.value_0_100,

        records.is_favourable,
        records.is_unfavourable,
        records.has_invitation,
        records.is_due,
        records.is_answered,

        records.sent_at,
        records.counted_date
    from records
    cross join as_of
    left join contacts
        on
            records.contact_id = contacts.contact_id
            and as_of.known_before > contacts.loaded_at
            and {{ known_at('contacts', 'records.sent_at') }}
    left join agents
        on
            records.agent_id = agents.agent_id
            and as_of.known_before > agents.loaded_at
            and {{ known_at('agents', 'records.sent_at') }}
    left join customers
        on
            records.customer_id = customers.customer_id
            and as_of.known_before > customers.loaded_at
            and {{ known_at('customers', 'records.sent_at') }}

)

select * from placed
-- Answers are few among invitations, and the latest ones are asked for most.
order by record_kind, counted_date
