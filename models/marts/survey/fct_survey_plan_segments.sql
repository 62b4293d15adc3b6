with

planned as (

    select {{ rows_of('margins') }}
    from {{ ref('survey_plan') }}

),

segments as (

    select
        entity_id,

        priority,
        margin_now,
        margin_after_plan,
        margin_if_all_random,

        plan_date
    from planned

)

select * from segments
