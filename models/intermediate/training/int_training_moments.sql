-- What a survey is answered from: the customer's state when the survey was sent.
with

ratings as (

    select * from {{ ref('int_survey_ratings') }}

),

moments as (

    select distinct
        customer_id,
        sent_at as as_of_at
    from ratings
    where metric = 'csat'

)

select * from moments
