-- Whoever came to a step went on, dropped out or still has time, and every journey is in the funnel once.
with

funnel as (

    select
        *,
        lead(reached) over (partition by journey_id order by step) as went_on
    from {{ ref('fct_journey_funnel') }}

),

journeys as (

    select
        journey_id,
        count(*) as started,
        count(case when status = 'completed' then 1 end) as completed
    from {{ ref('fct_customer_journeys') }}
    group by journey_id

),

strays as (

    select
        funnel.journey_id,
        funnel.step
    from funnel
    left join journeys on funnel.journey_id = journeys.journey_id
    where
        funnel.reached
        <> funnel.dropped + funnel.still_open + coalesce(funnel.went_on, journeys.completed, 0)
        or funnel.started <> coalesce(journeys.started, 0)
        or funnel.started < funnel.reached

)

select * from strays
