-- Written after all else that is made of the answers of a run: one that has its prediction is not looked at
-- again, and a run may be broken off in between.
-- depends_on: {{ ref('int_answer_interventions') }}
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
