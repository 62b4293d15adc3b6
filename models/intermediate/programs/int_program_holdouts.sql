with

enrollments as (

    select * from {{ ref('int_known_enrollments') }}
    where is_control

),

assignments as (

    select * from {{ ref('int_earlier_assignments') }}

),

first_dates as (

    select
        program_id,
        customer_id,

        cast(min(enrolled_at) as date) as held_out_date
    from enrollments
    where program_id <> {{ queue_program() }}
    group by program_id, customer_id

    union all

    select
        {{ queue_program() }} as program_id,
        customer_id,

        min(queue_date) as held_out_date
    from assignments
    where is_held_out
    group by customer_id

)

select * from first_dates
