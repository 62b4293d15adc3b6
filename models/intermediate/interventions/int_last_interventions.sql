with

contacts as (

    select * from {{ ref('stg_company__contacts_versions') }}

),

enrollments as (

    select * from {{ ref('int_known_enrollments') }}
    where not is_control

),

definitions as (

    select * from {{ ref('intervention_definitions') }}

),

levers as (

    select * from {{ ref('lever_definitions') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

programs as (

    select distinct levers.program_id
    from definitions
    inner join levers on definitions.lever = levers.lever
    where levers.program_id is not null

),

interventions as (

    select
        contacts.customer_id,
        contacts.started_at as intervened_at
    from contacts
    cross join as_of
    where
        contacts.program_id is not null
        and {{ known_before_as_of('contacts') }}
        and contacts.started_at < {{ add_days('as_of.as_of_date', 1) }}

    union all

    select
        enrollments.customer_id,
        enrollments.enrolled_at as intervened_at
    from enrollments
    inner join programs on enrollments.program_id = programs.program_id

),

last_interventions as (

    select
        customer_id,

        max(intervened_at) as last_intervened_at,
        cast(max(intervened_at) as date) as last_intervention_date
    from interventions
    group by customer_id

)

select * from last_interventions
