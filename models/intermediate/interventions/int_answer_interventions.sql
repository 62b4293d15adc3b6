with

answers as (

    select
        response_id,
        intervention,

        has_cause
    from {{ ref('answer_interventions') }}

)

select * from answers
