{%- set false_discovery_rate = 0.05 -%}

with

correlates as (

    select * from {{ ref('csat_correlates') }}

),

programs as (

    select * from {{ ref('stg_company__programs') }}

),

journeys as (

    select distinct
        journey_id,
        journey_name
    from {{ ref('journey_definitions') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

named as (

    select
        correlates.kind,
        correlates.value,
        as_of.as_of_date,

        case
            when correlates.kind in ('agent', 'team') then correlates.value
            else coalesce(programs.program_name, journeys.journey_name, replace(correlates.value, '_', ' '))
        end as label,
        {{ association() }} as evidence,
        correlates.reason,

        correlates.answers,
        correlates.customers,
        correlates.effective_answers,
        correlates.csat,
        correlates.csat_everyone,
        correlates.difference,
        correlates.difference_lower,
        correlates.difference_upper,
        correlates.difference_p_value,
        correlates.difference_q_value,
        correlates.explained,
        correlates.beyond,
        correlates.beyond_lower,
        correlates.beyond_upper,
        correlates.beyond_p_value,
        correlates.beyond_q_value,

        correlates.difference_q_value <= {{ false_discovery_rate }} as is_different,
        correlates.beyond_q_value <= {{ false_discovery_rate }} as is_different_beyond
    from correlates
    cross join as_of
    left join programs on correlates.kind = 'program' and correlates.value = programs.program_id
    left join journeys on correlates.kind = 'journey' and correlates.value = journeys.journey_id

)

select * from named
