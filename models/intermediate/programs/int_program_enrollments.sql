-- Once per customer and program, from the first time on: the effect is that of ever enrolling, and who comes
-- back was no one else in between.
with

enrollments as (

    select * from {{ ref('int_known_enrollments') }}
    where not is_control

),

assignments as (

    select * from {{ ref('int_earlier_assignments') }}

),

first_enrollments as (

    select
        program_id,
        customer_id,

        count(*) = count(ended_at) as has_ended,

        cast(min(enrolled_at) as date) as enrolled_date
    from enrollments
    where program_id <> {{ queue_program() }}
    group by program_id, customer_id

    union all

    -- Being put on the queue is what chance decided; whether the customer was reached is not asked.
    select
        {{ queue_program() }} as program_id,
        customer_id,

        false as has_ended,

        min(queue_date) as enrolled_date
    from assignments
    where not is_held_out
    group by customer_id

)

select * from first_enrollments
