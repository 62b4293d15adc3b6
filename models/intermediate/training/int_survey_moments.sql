with

training_rows as (

    select * from {{ ref('int_training_rows') }}

),

answers_to_predict as (

    select * from {{ ref('int_answers_to_predict') }}

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

)

select * from moments
