with

trained as (

    select * from {{ ref('trained_models') }}

),

answers as (

    select
        model_version,
        {{ rows_of('answers_known') }}
    from trained

)

select * from answers
