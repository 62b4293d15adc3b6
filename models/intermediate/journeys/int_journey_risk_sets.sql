-- Who stood at the same point of a journey, with and without the step. Those without it are looked at as long
-- after the step before as others took to take it: by lot, one of these is the measure for each. Who takes it
-- later is still without it then; to leave these out would compare with those who never needed it.
with

steps as (

    select * from {{ ref('journey_steps') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

came as (

    select
        *,
        step + 1 as next_step,
        lead(reached_at) over (partition by journey_id, customer_id, started_at order by step) as next_at
    from steps

),

took as (

    select
        journey_id,
        customer_id,
        started_at,
        next_step as step,
        next_at as moment_at,
        {{ seconds_between('reached_at', 'next_at') }} as seconds_until,
        row_number() over (
            partition by journey_id, next_step
            order by {{ seconds_between('reached_at', 'next_at') }}, customer_id, started_at
        ) as place
    from came
    where next_at is not null

),

counts as (

    select
        journey_id,
        step,
        count(*) as customers
    from took
    group by journey_id, step

),

lots as (

    select
        came.*,
        1 + cast(floor(counts.customers * {{ hash_share(
            "came.journey_id || '|' || came.next_step || '|' || came.customer_id || '|' || came.started_at"
        ) }}) as bigint) as place
    from came
    inner join counts on came.journey_id = counts.journey_id and came.next_step = counts.step

),

waiting as (

    select
        lots.journey_id,
        lots.customer_id,
        lots.started_at,
        lots.next_step as step,
        lots.next_at,
        lots.reached_at + took.seconds_until * interval 1 second as moment_at
    from lots
    inner join took
        on
            lots.journey_id = took.journey_id
            and lots.next_step = took.step
            and lots.place = took.place

),

at_risk as (

    select
        journey_id,
        customer_id,
        started_at,
        step,
        true as took_step,
        moment_at
    from took

    union all

    select
        journey_id,
        customer_id,
        started_at,
        step,
        false as took_step,
        moment_at
    from waiting
    where next_at is null or next_at > moment_at

),

followed as (

    -- The days after it have to be over.
    select at_risk.*
    from at_risk
    cross join as_of
    where
        cast(at_risk.moment_at as date)
        <= {{ add_days('as_of.as_of_date', 1 - var('journey_outcome_days')) }}

)

select * from followed
