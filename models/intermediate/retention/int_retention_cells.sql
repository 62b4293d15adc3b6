-- Customers alike at the start of each week, by half points of the score then, and how many left within it.
with

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

score_dates as (

    select base_scores.score_date
    from {{ ref('int_base_scores') }} as base_scores
    cross join as_of
    where
        base_scores.score_date >= {{ add_days('as_of.as_of_date', -var('retention_days')) }}
        and base_scores.score_date < as_of.as_of_date
        and {{ days_between('base_scores.score_date', 'as_of.as_of_date') }} % 7 = 0

),

scores as (

    select * from {{ ref('int_customer_csat_scores') }}

),

closed as (

    select * from {{ ref('int_closed_customers') }}

),

starts as (

    select
        scores.customer_id,
        scores.score_date,
        round(scores.csat_score * 2e0) / 2e0 as csat_score
    from score_dates
    inner join scores on score_dates.score_date = scores.score_date

),

cells as (

    select
        starts.score_date,
        starts.csat_score,

        count(*) as at_risk,
        count(closed.customer_id) as customers_left
    from starts
    left join closed
        on
            starts.customer_id = closed.customer_id
            and starts.score_date < closed.closed_date
            and {{ add_days('starts.score_date', 7) }} >= closed.closed_date
    group by starts.score_date, starts.csat_score

)

select * from cells
