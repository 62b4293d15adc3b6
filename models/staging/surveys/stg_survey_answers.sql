with

instruments as (

    select * from {{ ref('survey_instruments') }}

),

scale_answers as (

    select * from {{ ref('survey_scale_answers') }}

),

possible_answers as (

    select
        instruments.instrument_id,
        scale_answers.answer,
        instruments.metric,
        instruments.survey_kind,
        instruments.scale,
        instruments.wording_version,
        scale_answers.rating,
        scale_answers.value_0_100,
        scale_answers.is_favourable,
        scale_answers.is_unfavourable
    from instruments
    inner join scale_answers on instruments.scale = scale_answers.scale

)

select * from possible_answers
