with

steps as (

    select * from {{ ref('journey_steps') }}

),

risk_sets as (

    select * from {{ ref('int_journey_risk_sets') }}

),

last_steps as (

    select
        customer_id,
        max(reached_at) as moment_at
    from steps
    group by journey_id, customer_id, started_at

),

all_moments as (

    select
        customer_id,
        moment_at
    from last_steps

    union all

    select
        customer_id,
        moment_at
    from risk_sets

),

moments as (

    select distinct
        customer_id,
        moment_at,
        cast(moment_at as date) as moment_date
    from all_moments

)

select * from moments
