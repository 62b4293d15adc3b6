with

training_rows as (

    select * from {{ ref('int_training_rows') }}

),

answers_to_predict as (

    select * from {{ ref('int_answers_to_predict') }}

),

answers_to_place as (

    select * from {{ ref('int_answers_to_place') }}

),

moments as (

    select
        customer_id,
        as_of_at,
        known_before
    from training_rows

    union distinct

    select
        customer_id,
        as_of_at,
        known_before
    from answers_to_predict

    union distinct

    select
        customer_id,
        as_of_at,
        known_before
    from answers_to_place

)

select * from moments
