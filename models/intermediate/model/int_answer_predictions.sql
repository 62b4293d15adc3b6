with

predictions as (

    select
        response_id,
        model_version,
        logit,
        probability,
        reference_probability,
        weight
    from {{ ref('answer_predictions') }}

)

select * from predictions
