with

predictions as (

    select * from {{ ref('answer_predictions') }}

)

select * from predictions
