{%- set false_discovery_rate = 0.05 -%}

with

found as (

    select * from {{ ref('found_journeys') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

told as (

    select
        found.sequence,
        as_of.as_of_date,

        found.beginning,
        found.last_event,
        {{ association() }} as evidence,
        case
            when found.q_value > {{ false_discovery_rate }} then 'may be chance, among so many sequences'
            when not coalesce(found.is_stable, false) and found.q_value is not null
                then 'not stable over both halves of time'
            else {{ difference_in_words(
                'found.difference', 'found.difference_lower', 'found.difference_upper', '0', 'found.reason'
            ) }}
        end as verdict,

        found.events,
        found.answers,
        found.customers,
        found.answers_others,
        found.effective_answers,
        found.effective_answers_others,
        found.csat,
        found.csat_others,
        found.difference,
        found.difference_lower,
        found.difference_upper,
        found.p_value,
        found.q_value,
        found.beyond,
        found.difference_first_half,
        found.difference_second_half,

        found.is_stable,
        coalesce(found.q_value <= {{ false_discovery_rate }} and found.is_stable, false) as is_found
    from found
    cross join as_of

)

select * from told
