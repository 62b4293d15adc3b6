-- Contacting somebody who has forbidden it, or has just been contacted, costs more than the list can bring.
with

queue as (

    select * from {{ ref('fct_intervention_queue') }}

),

restrictions as (

    select * from {{ ref('int_contact_restrictions') }}

),

last_interventions as (

    select * from {{ ref('int_last_interventions') }}

)

select
    queue.*,
    restrictions.restriction
from queue
left join restrictions on queue.customer_id = restrictions.customer_id
left join last_interventions on queue.customer_id = last_interventions.customer_id
where
    restrictions.restriction is not null
    or {{ days_between('last_interventions.last_intervention_date', 'queue.queue_date') }}
    < {{ var('queue_cooling_off_days') }}
