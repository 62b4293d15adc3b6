with

ratings as (

    select * from {{ ref('int_survey_ratings') }}

),

answers as (

    select
        response_id,
        customer_id,
        invitation_id,
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
        answer,
        comment,

        rating,
        value_0_100,

        is_satisfied,
        is_favourable,
        is_unfavourable,

        sent_at,
        responded_at,
        cast(responded_at as date) as response_date
    from ratings

)

select * from answers
