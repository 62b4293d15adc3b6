with

assignments as (

    select * from {{ ref('int_earlier_assignments') }}

),

first_dates as (

    select
        {{ queue_program() }} as program_id,
        customer_id,

        min(queue_date) as held_out_date
    from assignments
    where is_held_out
    group by customer_id

)

select * from first_dates
