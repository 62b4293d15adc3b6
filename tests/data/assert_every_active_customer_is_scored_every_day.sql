-- Each day that was due holds exactly the customers who were active at its end.
with

active as (

    select
        score_date,
        count(*) as customers
    from {{ ref('int_scoring_moments') }}
    group by score_date

),

due as (

    select score_date
    from {{ ref('int_score_dates') }}
    where is_due

),

scored as (

    select
        score_date,
        count(distinct customer_id) as customers
    from {{ ref('int_customer_csat_history') }}
    where score_date >= {{ first_due_day() }}
    group by score_date

)

select
    due.score_date,
    active.customers as active_customers,
    scored.customers as scored_customers
from due
left join active on due.score_date = active.score_date
left join scored on due.score_date = scored.score_date
where coalesce(active.customers, 0) <> coalesce(scored.customers, 0)
