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
    {% if predictions is not none %}
    left join {{ predictions }} as predictions on ratings.response_id = predictions.response_id
    {% endif %}
    where
        ratings.metric = 'csat'
        and ratings.sent_at >= first_dates.first_date
        {% if predictions is not none %}
        and (predictions.response_id is null or ratings.responded_at >= first_dates.first_due_date)
        {% endif %}

)

select * from answers
