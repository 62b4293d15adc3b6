with

trained as (

    select * from {{ ref('trained_models') }}

),

terms as (

    select {{ rows_of('terms') }}
    from trained

)

select * from terms
