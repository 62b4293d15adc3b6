{%- set dimensions = {'channel': 'channel', 'topic': 'topic', 'team': 'team', 'asked_by': 'asked_by'} -%}

-- Just before each day on which a person answered, or an answer grew no older: who was still waiting.
with

answers as (

    select * from {{ ref('int_follow_up_answers') }}

),

grouped as (

    select
        'all' as dimension,
        'all' as value,
        response_id,
        days_to_follow_up,
        followed_days
    from answers

    {% for name, column in dimensions.items() %}
    union all

    select
        '{{ name }}' as dimension,
        {{ column }} as value,
        response_id,
        days_to_follow_up,
        followed_days
    from answers
    where {{ column }} is not null
    {% endfor %}

),

by_day as (

    select
        dimension,
        value,
        coalesce(days_to_follow_up, followed_days) as days,
        count(*) as ended,
        count(days_to_follow_up) as followed_up
    from grouped
    group by dimension, value, coalesce(days_to_follow_up, followed_days)

),

counts as (

    select
        dimension,
        value,
        days,

        cast(
            sum(ended) over (
                partition by dimension, value order by days
                rows between current row and unbounded following
            ) as bigint
        ) as at_risk,
        cast(followed_up as bigint) as followed_up
    from by_day

)

select * from counts
