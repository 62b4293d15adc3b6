with

ratings as (

    select * from {{ ref('int_survey_ratings') }}

),

activity as (

    select
        response_id as event_id,
        customer_id,

        metric,

        value_0_100,

        is_favourable,

        responded_at as occurred_at,
        responded_at as known_from,
        cast(null as timestamp) as known_until,
        loaded_at
    from ratings

)

select * from activity
