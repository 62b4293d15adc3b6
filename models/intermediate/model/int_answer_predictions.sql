with

predictions as (

    select
        response_id,
        model_version,
        logit,
        probability
    from {{ ref('answer_predictions') }}

)

select * from predictions
