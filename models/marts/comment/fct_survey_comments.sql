with

answers as (

    select * from {{ ref('int_survey_ratings') }}

),

records as (

    select * from {{ ref('int_survey_records') }}
    where record_kind = 'answer'

),

texts as (

    select * from {{ ref('comment_texts') }}

),

readings as (

    select * from {{ ref('comment_readings') }}

),

comments as (

    select
        texts.response_id,
        texts.customer_id,
        answers.contact_id,
        answers.agent_id,
        answers.instrument_id,
        readings.theme_id,

        texts.comment,
        texts.language,
        readings.theme_name,
        readings.themes,
        readings.sentiment,
        answers.metric,
        answers.channel,
        answers.touchpoint,
        answers.product,
        records.topic,
        records.queue,
        records.team,

        answers.rating,
        answers.value_0_100,
        readings.sentiment_score,
        texts.personal_data_masked,

        answers.is_satisfied,
        answers.is_favourable,
        answers.is_unfavourable,
        coalesce(
            (readings.sentiment = 'positive' and answers.is_unfavourable)
            or (readings.sentiment = 'negative' and answers.is_favourable),
            false
        ) as is_at_odds,
        texts.is_cut,

        answers.responded_at,
        cast(answers.responded_at as date) as response_date
    from texts
    inner join answers on texts.response_id = answers.response_id
    inner join records on texts.response_id = records.record_id
    inner join readings on texts.response_id = readings.response_id

)

select * from comments
