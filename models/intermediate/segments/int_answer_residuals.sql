-- Each answer with what each version says of it that has not learned from its customer: out of fold for
-- those it learned from, out of time for the others.
with

ratings as (

    select * from {{ ref('int_survey_ratings') }}

),

responses as (

    select * from {{ ref('stg_company__survey_responses_versions') }}

),

model_answers as (

    select * from {{ ref('csat_model_answers') }}

),

predictions as (

    select * from {{ ref('int_answer_predictions') }}

),

expected as (

    select
        response_id,
        model_version,
        -- A version that says the same of everyone has nothing out of fold.
        coalesce(out_of_fold_probability, reference_probability) as probability,
        reference_probability,
        weight,
        bag,
        false as is_from_sending
    from model_answers

    union all

    select
        response_id,
        model_version,
        probability,
        reference_probability,
        weight,
        cast(null as bigint) as bag,
        true as is_from_sending
    from predictions

),

first_known as (

    select
        response_id,
        cast(max({{ known_from('responded_at') }}) as date) as known_date
    from responses
    where is_first_version
    group by response_id

),

residuals as (

    select
        expected.response_id,
        expected.model_version,
        ratings.customer_id,

        -- Gold answers come from a sample drawn at random and pressed to answer: they stand for everyone
        -- as they are, and for what the reference instrument would have been answered.
        case
            when ratings.survey_kind = 'follow_up' then expected.reference_probability
            else expected.probability
        end as probability,
        case when ratings.survey_kind = 'follow_up' then 1e0 else expected.weight end as weight,

        ratings.survey_kind = 'follow_up' as is_gold,
        ratings.survey_kind,
        ratings.is_satisfied,
        expected.is_from_sending,
        expected.bag,

        ratings.sent_at,
        cast(ratings.sent_at as date) as sent_date,
        first_known.known_date
    from expected
    inner join ratings on expected.response_id = ratings.response_id
    inner join first_known on expected.response_id = first_known.response_id

)

select * from residuals
