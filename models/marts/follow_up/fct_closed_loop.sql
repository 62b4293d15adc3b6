with

answers as (

    select * from {{ ref('int_follow_up_answers') }}

),

comments as (

    select
        response_id,
        comment
    from {{ ref('comment_texts') }}

),

told as (

    select
        answers.response_id,
        answers.customer_id,
        answers.follow_up_contact_id,
        answers.follow_up_agent_id,
        answers.next_response_id,

        answers.asked_by,
        case
            when answers.is_followed_up and answers.days_to_follow_up <= {{ var('follow_up_days') }}
                then 'answered in time'
            when answers.is_followed_up then 'answered late'
            when answers.has_left then 'left'
            when answers.days_since_answer > {{ var('follow_up_window_days') }} then 'never answered'
            when answers.days_since_answer > {{ var('follow_up_days') }} then 'overdue'
            else 'open'
        end as status,
        answers.follow_up_kind,
        comments.comment,
        answers.metric,
        answers.channel,
        answers.topic,
        answers.team,

        answers.rating,
        answers.value_0_100,
        answers.days_to_follow_up,
        answers.days_since_answer,

        answers.is_followed_up,
        answers.is_by_program,
        answers.is_next_satisfied,
        answers.is_followed_up_before_next,

        answers.responded_at,
        answers.followed_up_at,
        answers.as_of_date
    from answers
    left join comments on answers.response_id = comments.response_id

)

select * from told
