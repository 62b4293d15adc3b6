-- A customer held out by chance who is contacted all the same makes the effect of the list unknowable.
with

queue as (

    select * from {{ ref('fct_intervention_queue') }}

),

assignments as (

    select * from {{ ref('fct_intervention_assignments') }}

)

select
    queue.queue_date,
    queue.customer_id,
    assignments.is_held_out
from queue
left join assignments
    on
        queue.queue_date = assignments.queue_date
        and queue.customer_id = assignments.customer_id
where coalesce(assignments.is_held_out, true)
