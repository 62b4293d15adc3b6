with

answers as (

    select * from {{ ref('int_follow_up_answers') }}

),

told as (

    select
        response_id,
        customer_id,
        follow_up_contact_id,
        follow_up_agent_id,
        next_response_id,

        asked_by,
        case
            when is_followed_up and days_to_follow_up <= {{ var('follow_up_days') }} then 'answered in time'
            when is_followed_up then 'answered late'
            when followed_days > {{ var('follow_up_days') }} then 'overdue'
            else 'open'
        end as status,
        metric,
        channel,
        topic,
        team,

        days_to_follow_up,
        followed_days as days_since_answer,

        is_followed_up,
        is_by_program,
        is_next_satisfied,
        is_followed_up_before_next,

        responded_at,
        followed_up_at,
        as_of_date
    from answers

)

select * from told
