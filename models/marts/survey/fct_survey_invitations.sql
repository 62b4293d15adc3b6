-- depends_on: {{ ref('int_survey_months_due') }}
with

records as (

    select * from {{ ref('int_survey_records') }}
    where record_kind = 'invitation' and {{ is_of_months_due('sent_at') }}

),

invitations as (

    select
        record_id as invitation_id,
        customer_id,
        contact_id,
        agent_id,
        instrument_id,

        metric,
        survey_kind,
        wording_version,
        channel,
        touchpoint,
        product,
        topic,
        queue,
        team,
        plan,
        region,
        customer_type,

        is_due,
        is_answered,

        sent_at,
        counted_date as sent_date
    from records

)

select * from invitations
