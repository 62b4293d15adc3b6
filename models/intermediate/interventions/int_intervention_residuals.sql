with

residuals as (

    select * from {{ ref('int_answer_residuals') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

predicted as (

    select
        residuals.response_id,
        residuals.customer_id,

        residuals.probability,

        residuals.is_satisfied
    from residuals
    cross join as_of
    where
        residuals.is_from_sending
        and residuals.is_satisfied is not null
        and residuals.probability is not null
        and residuals.sent_date > {{ add_days('as_of.as_of_date', -var('estimation_days')) }}

)

select * from predicted
