{%- set predictions = existing_relation('intermediate', 'int_answer_predictions') -%}

-- Answers not predicted yet, and those of days that are scored again.
with

ratings as (

    select * from {{ ref('int_survey_ratings') }}

),

score_dates as (

    select * from {{ ref('int_score_dates') }}

),

first_dates as (

    select
        min(score_date) as first_date,
        min(case when is_due then score_date end) as first_due_date,
        min(known_before) as known_before
    from score_dates

),

predicted as (

    {% if predictions is not none %}
    select response_id
    from {{ predictions }}
    {% else %}
    select cast(null as varchar) as response_id
    where false
    {% endif %}

),

answers as (

    select
        ratings.response_id,
        ratings.customer_id,
        ratings.instrument_id,
        ratings.survey_kind,
        ratings.is_satisfied,
        ratings.sent_at as as_of_at,
        first_dates.known_before
    from ratings
    cross join first_dates
    left join predicted on ratings.response_id = predicted.response_id
    where
        ratings.metric = 'csat'
        and ratings.sent_at >= first_dates.first_date
        and (predicted.response_id is null or ratings.responded_at >= first_dates.first_due_date)

)

select * from answers
