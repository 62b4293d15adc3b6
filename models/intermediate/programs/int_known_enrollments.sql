-- Who was enrolled by the end of the as-of date, and who was set aside to compare with, as known on it.
with

enrollments as (

    select * from {{ ref('stg_company__program_enrollments_versions') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

known_enrollments as (

    select
        enrollments.program_id,
        enrollments.customer_id,

        enrollments.is_control,

        enrollments.enrolled_at,
        enrollments.ended_at
    from enrollments
    cross join as_of
    where
        {{ known_before_as_of('enrollments') }}
        and enrollments.enrolled_at < {{ add_days('as_of.as_of_date', 1) }}

)

select * from known_enrollments
