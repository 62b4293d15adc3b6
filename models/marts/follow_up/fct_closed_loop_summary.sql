{%- set dimensions = ['channel', 'topic', 'team', 'asked_by'] -%}

with

waiting as (

    select * from {{ ref('follow_up_waiting') }}

),

answers as (

    select * from {{ ref('int_follow_up_answers') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

grouped as (

    select
        'all' as dimension,
        'all' as value,
        follow_up_kind,
        is_followed_up,
        has_left,
        is_followed_up_before_next,
        is_next_satisfied
    from answers

    {% for name in dimensions %}
    union all

    select
        '{{ name }}' as dimension,
        {{ name }} as value,
        follow_up_kind,
        is_followed_up,
        has_left,
        is_followed_up_before_next,
        is_next_satisfied
    from answers
    where {{ name }} is not null
    {% endfor %}

),

afterwards as (

    select
        dimension,
        value,
        count(*) filter (where follow_up_kind = 'by a program') as followed_up_by_program,
        count(*) filter (where follow_up_kind = 'same topic') as followed_up_on_topic,
        count(*) filter (where not is_followed_up and has_left) as left_before_follow_up,
        count(*) filter (where is_followed_up_before_next) as answers_after,
        count(*) filter (where is_followed_up_before_next and is_next_satisfied) as satisfied_after,
        count(*) filter (where not is_followed_up_before_next) as answers_without,
        count(*) filter (where not is_followed_up_before_next and is_next_satisfied) as satisfied_without
    from grouped
    group by dimension, value

),

told as (

    select
        waiting.dimension,
        waiting.value,

        {{ association() }} as evidence,

        waiting.answers,
        waiting.followed_up,
        afterwards.followed_up_by_program,
        afterwards.followed_up_on_topic,
        afterwards.left_before_follow_up,
        100e0 * waiting.in_time_share as in_time_percent,
        100e0 * waiting.in_time_share_lower as in_time_percent_lower,
        100e0 * waiting.in_time_share_upper as in_time_percent_upper,
        waiting.median_days,
        {% for name in ['after', 'without'] %}
        {%- set answers = 'afterwards.answers_' ~ name %}
        {%- set share = 'afterwards.satisfied_' ~ name ~ ' / nullif(1e0 * ' ~ answers ~ ', 0e0)' %}
        afterwards.answers_{{ name }} as answers_{{ name }}_follow_up,
        100e0 * {{ share }} as csat_{{ name }}_follow_up,
        {{ wilson('(' ~ share ~ ')', answers, -1) }} as csat_{{ name }}_follow_up_lower,
        {{ wilson('(' ~ share ~ ')', answers, 1) }} as csat_{{ name }}_follow_up_upper,
        {% endfor %}

        as_of.as_of_date
    from waiting
    inner join afterwards
        on waiting.dimension = afterwards.dimension and waiting.value = afterwards.value
    cross join as_of

)

select * from told
