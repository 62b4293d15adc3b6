{%- set kinds = {
    'channel': 'channel', 'touchpoint': 'touchpoint', 'topic': 'topic', 'queue': 'queue', 'team': 'team',
    'agent': 'agent_id', 'product': 'product'
} -%}

with

records as (

    select * from {{ ref('int_survey_records') }}
    where record_kind = 'answer'

),

answers as (

    select * from {{ ref('int_answers_to_compare') }}

),

enrollments as (

    select * from {{ ref('int_known_enrollments') }}
    where not is_control

),

journey_steps as (

    select * from {{ ref('journey_steps') }}

),

last_steps as (

    select
        journey_id,
        max(cast(step as bigint)) as step
    from {{ ref('journey_definitions') }}
    group by journey_id

),

compared as (

    select records.*
    from records
    inner join answers on records.record_id = answers.response_id

),

journeys as (

    select journey_steps.*
    from journey_steps
    inner join last_steps
        on journey_steps.journey_id = last_steps.journey_id and journey_steps.step = last_steps.step

),

circumstances as (

    {% for kind, column in kinds.items() %}
    select
        record_id as response_id,
        '{{ kind }}' as kind,
        {{ column }} as value
    from compared
    where {{ column }} is not null

    union all

    {% endfor %}
    -- Once, however often a customer has come back into a program.
    select distinct
        compared.record_id as response_id,
        'program' as kind,
        enrollments.program_id as value
    from compared
    inner join enrollments
        on
            compared.customer_id = enrollments.customer_id
            and compared.sent_at > enrollments.enrolled_at
            and compared.sent_at < coalesce(enrollments.ended_at, {{ end_of_time() }})

    union all

    -- Asked in the days after a journey, whose answers tell how it left the customer.
    select distinct
        compared.record_id as response_id,
        'journey' as kind,
        journeys.journey_id as value
    from compared
    inner join journeys
        on
            compared.customer_id = journeys.customer_id
            and compared.sent_at > journeys.reached_at
            and compared.sent_at <= journeys.reached_at + interval {{ var('journey_outcome_days') }} day

)

select * from circumstances
