{%- set placed = existing_relation('intermediate', 'int_answer_segments') -%}
{%- set told = existing_relation('intermediate', 'int_answer_facts') -%}

-- Satisfaction answers of the estimation's window whose segments are not known by today's definitions. In a
-- build file of before the facts of answers were kept, none of them count as known.
with

ratings as (

    select * from {{ ref('int_survey_ratings') }}

),

score_dates as (

    select * from {{ ref('int_score_dates') }}

),

due as (

    select
        min(case when is_due then score_date end) as first_date,
        min(known_before) as known_before
    from score_dates

),

placed as (

    {% if placed is not none and told is not none %}
    select distinct response_id
    from {{ placed }}
    where
        definitions_checksum = '{{ segment_checksum() }}'
        and response_id in (select told.response_id from {{ told }} as told)
    {% else %}
    select cast(null as varchar) as response_id
    where false
    {% endif %}

),

answers as (

    select
        ratings.response_id,
        ratings.customer_id,
        ratings.sent_at as as_of_at,
        due.known_before
    from ratings
    cross join due
    left join placed on ratings.response_id = placed.response_id
    where
        ratings.metric = 'csat'
        and placed.response_id is null
        and ratings.sent_at >= {{ add_days('due.first_date', -var('estimation_days')) }}

)

select * from answers
