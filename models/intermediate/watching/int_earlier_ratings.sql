-- Each satisfaction answer with the customer's last one before: what there is to go by without a model.
with

ratings as (

    select * from {{ ref('int_survey_ratings') }}

),

answers as (

    select * from ratings
    where metric = 'csat'

),

moments as (

    select
        response_id,
        customer_id,
        null as rating_given,
        0 as order_within_moment,
        sent_at as happened_at
    from answers

    union all

    -- At the very moment of sending it is not yet known.
    select
        response_id,
        customer_id,
        value_0_100 as rating_given,
        1 as order_within_moment,
        responded_at as happened_at
    from answers

),

carried as (

    select
        response_id,
        order_within_moment,
        last_value(rating_given ignore nulls) over (
            partition by customer_id
            order by happened_at, order_within_moment, response_id
            rows between unbounded preceding and current row
        ) as last_rating
    from moments

),

earlier_ratings as (

    select
        answers.response_id,
        answers.customer_id,

        carried.last_rating as earlier_rating,

        answers.is_satisfied,

        answers.sent_at
    from answers
    inner join carried on answers.response_id = carried.response_id
    where carried.order_within_moment = 0

)

select * from earlier_ratings
