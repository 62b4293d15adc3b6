with

ratings as (

    select * from {{ ref('int_survey_ratings') }}

),

records as (

    select * from {{ ref('int_survey_records') }}
    where record_kind = 'answer'

),

comments as (

    select * from {{ ref('comment_texts') }}

),

answers as (

    select
        ratings.response_id,
        ratings.customer_id,
        ratings.invitation_id,
        ratings.contact_id,
        ratings.agent_id,
        ratings.instrument_id,

        ratings.metric,
        ratings.survey_kind,
        ratings.scale,
        ratings.wording_version,
        ratings.channel,
        ratings.touchpoint,
        ratings.product,
        records.topic,
        records.queue,
        records.team,
        records.plan,
        records.region,
        records.customer_type,
        ratings.answer,
        comments.comment,

        ratings.rating,
        ratings.value_0_100,

        ratings.is_satisfied,
        ratings.is_favourable,
        ratings.is_unfavourable,

        ratings.sent_at,
        ratings.responded_at,
        cast(ratings.responded_at as date) as response_date
    from ratings
    inner join records on ratings.response_id = records.record_id
    left join comments on ratings.response_id = comments.response_id

)

select * from answers
