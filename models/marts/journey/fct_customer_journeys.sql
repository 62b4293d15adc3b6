with

steps as (

    select * from {{ ref('journey_steps') }}

),

definitions as (

    select
        journey_id,
        journey_name,
        step_name,
        cast(step as bigint) as step,
        cast(nullif(within_days, '') as integer) as within_days
    from {{ ref('journey_definitions') }}

),

outcomes as (

    select * from {{ ref('int_journey_outcomes') }}

),

contacts as (

    select * from {{ ref('int_journey_events') }}
    where event = 'contact'

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

lengths as (

    select
        journey_id,
        max(step) as steps
    from definitions
    group by journey_id

),

taken as (

    select
        journey_id,
        customer_id,
        started_at,
        max(step) as steps_taken,
        max(reached_at) as last_step_at
    from steps
    group by journey_id, customer_id, started_at

),

placed as (

    select
        taken.*,
        lengths.steps,
        last_steps.journey_name,
        last_steps.step_name as last_step_name,
        next_steps.step_name as next_step_name,
        taken.last_step_at + next_steps.within_days * interval 1 day as expires_at,
        as_of.as_of_date + interval 1 day as known_until
    from taken
    cross join as_of
    inner join lengths on taken.journey_id = lengths.journey_id
    inner join definitions as last_steps
        on taken.journey_id = last_steps.journey_id and taken.steps_taken = last_steps.step
    left join definitions as next_steps
        on taken.journey_id = next_steps.journey_id and taken.steps_taken + 1 = next_steps.step

),

helped as (

    select
        placed.journey_id,
        placed.customer_id,
        placed.started_at,
        count(*) as contacts,
        sum(contacts.hand_offs) as hand_offs
    from placed
    inner join contacts
        on
            placed.customer_id = contacts.customer_id
            and placed.started_at <= contacts.occurred_at
            and placed.last_step_at >= contacts.occurred_at
    group by placed.journey_id, placed.customer_id, placed.started_at

),

journeys as (

    select
        placed.journey_id,
        placed.customer_id,

        placed.journey_name,
        case
            when placed.steps_taken = placed.steps then 'completed'
            when placed.expires_at < placed.known_until then 'broken'
            else 'open'
        end as status,
        placed.last_step_name,
        placed.next_step_name,

        placed.steps,
        placed.steps_taken,
        {{ seconds_between('placed.started_at', 'placed.last_step_at') }} / 86400e0 as duration_days,
        coalesce(helped.contacts, 0) as contacts,
        cast(coalesce(helped.hand_offs, 0) as bigint) as hand_offs,
        outcomes.score_before as csat_score_before,
        outcomes.score_after as csat_score_after,
        100e0 * outcomes.weighted_residual / nullif(outcomes.weight, 0e0) as csat_residual,
        outcomes.days_after as outcome_days,
        outcomes.answers,
        outcomes.satisfied_answers,

        placed.started_at,
        placed.last_step_at,
        case
            when placed.steps_taken = placed.steps then placed.last_step_at
            when placed.expires_at < placed.known_until then placed.expires_at
        end as ended_at
    from placed
    left join helped
        on
            placed.journey_id = helped.journey_id
            and placed.customer_id = helped.customer_id
            and placed.started_at = helped.started_at
    left join outcomes
        on placed.customer_id = outcomes.customer_id and placed.last_step_at = outcomes.moment_at

)

select * from journeys
