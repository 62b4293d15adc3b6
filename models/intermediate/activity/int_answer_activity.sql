with

responses as (

    select * from {{ ref('stg_company__survey_responses_versions') }}

),

possible_answers as (

    select * from {{ ref('stg_survey_answers') }}

),

activity as (

    select
        responses.response_id as event_id,
        responses.customer_id,

        possible_answers.metric,

        possible_answers.value_0_100,

        possible_answers.is_favourable,

        responses.responded_at as occurred_at,
        {{ order_by_time('responses.responded_at', 'responses.response_id') }} as event_order,
        {{ known_from('responded_at', 'responses') }} as known_from,
        responses.superseded_at as known_until,
        {{ counts_as_loaded('responded_at', 'responses') }} as counts_as_loaded_at,
        responses.loaded_at
    from responses
    inner join possible_answers
        on
            responses.instrument_id = possible_answers.instrument_id
            and responses.answer = possible_answers.answer

)

select * from activity
