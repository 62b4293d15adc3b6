-- A list longer than what people can do is no list; and nobody must be called twice on a day.
with

queue as (

    select * from {{ ref('fct_intervention_queue') }}

),

days as (

    select
        queue_date,
        count(*) as contacts,
        count(distinct customer_id) as customers,
        max(queue_rank) as last_rank
    from queue
    group by queue_date

)

select *
from days
where
    contacts > {{ var('queue_capacity') }}
    or contacts <> customers
    or contacts <> last_rank
