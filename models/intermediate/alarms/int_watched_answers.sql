{#- What is watched, by measure: of which level an entity is, and where it stands. -#}
{%- set csat_dimensions = {'channel': 'channel', 'topic': 'topic', 'agent': 'agent_id'} -%}
{%- set days_to_judge = var('response_days') + var('late_arrival_days') -%}
{%- set invitation_dimensions = {'channel': 'channel', 'instrument': 'instrument_id'} -%}

with

residuals as (

    select * from {{ ref('int_answer_residuals') }}
    where is_from_sending

),

placements as (

    select * from {{ ref('int_answer_segments') }}

),

records as (

    select * from {{ ref('int_survey_records') }}
    where record_kind = 'answer'

),

ratings as (

    select * from {{ ref('int_survey_ratings') }}

),

invitations as (

    select * from {{ ref('int_survey_invitations') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

csat_answers as (

    -- What was answered less what the model of the day of sending expected: what behaviour explains is the
    -- scores' to tell.
    select
        residuals.response_id as unit_id,
        residuals.known_date,
        case when residuals.is_satisfied then 1e0 else 0e0 end - residuals.probability as value,
        records.channel,
        records.topic,
        records.agent_id
    from residuals
    left join records on residuals.response_id = records.record_id

),

surprises as (

    -- The logarithmic loss beyond the one that the model itself expects of an answer: 0 on average as long as
    -- the model is right. Less of it is better, hence the sign.
    select
        response_id as unit_id,
        known_date,
        ln(case when is_satisfied then probability else 1e0 - probability end)
        - probability * ln(probability) - (1e0 - probability) * ln(1e0 - probability) as value
    from residuals
    where probability > 0e0 and probability < 1e0

),

kpi_answers as (

    select
        response_id as unit_id,
        metric,
        cast(first_known_at as date) as known_date,
        case when is_favourable then 1e0 else 0e0 end
        - case when metric = 'nps' and is_unfavourable then 1e0 else 0e0 end as value
    from ratings
    where metric in ('nps', 'ces')

),

first_answers as (

    select
        invitation_id,
        min(responded_at) as responded_at,
        min(first_known_at) as first_known_at
    from ratings
    where invitation_id is not null
    group by invitation_id

),

invitations_due as (

    -- Each is judged once, when late deliveries have had their time; what comes after that changes nothing.
    select
        invitations.invitation_id as unit_id,
        invitations.channel,
        invitations.instrument_id,
        {{ add_days('cast(invitations.sent_at as date)', days_to_judge) }} as known_date,
        case
            when
                first_answers.responded_at < invitations.sent_at + interval {{ var('response_days') }} day
                and cast(first_answers.first_known_at as date)
                <= {{ add_days('cast(invitations.sent_at as date)', days_to_judge) }}
                then 1e0
            else 0e0
        end as value
    from invitations
    left join first_answers on invitations.invitation_id = first_answers.invitation_id

),

watched as (

    select
        'csat' as measure,
        case when placements.segment_id = 'all' then 'base' else 'segment' end as level,
        case
            when placements.segment_id = 'all' then 'all'
            else placements.segment_id || ':' || placements.segment_value
        end as entity_id,
        csat_answers.unit_id,
        csat_answers.known_date,
        csat_answers.value
    from csat_answers
    inner join placements on csat_answers.unit_id = placements.response_id

    {% for level, column in csat_dimensions.items() %}
    union all

    select
        'csat' as measure,
        '{{ level }}' as level,
        '{{ level }}:' || {{ column }} as entity_id,
        unit_id,
        known_date,
        value
    from csat_answers
    where {{ column }} is not null

    {% endfor %}
    union all

    select
        'model_fit' as measure,
        'model' as level,
        'model' as entity_id,
        unit_id,
        known_date,
        value
    from surprises

    union all

    select
        metric as measure,
        'kpi' as level,
        'kpi:' || metric as entity_id,
        unit_id,
        known_date,
        value
    from kpi_answers

    union all

    select
        'response_rate' as measure,
        'base' as level,
        'all' as entity_id,
        unit_id,
        known_date,
        value
    from invitations_due

    {% for level, column in invitation_dimensions.items() %}
    union all

    select
        'response_rate' as measure,
        '{{ level }}' as level,
        '{{ level }}:' || {{ column }} as entity_id,
        unit_id,
        known_date,
        value
    from invitations_due
    where {{ column }} is not null

    {% endfor %}
),

known as (

    select
        watched.measure,
        watched.level,
        watched.entity_id,
        watched.unit_id,

        watched.value,

        watched.known_date
    from watched
    cross join as_of
    where watched.known_date <= as_of.as_of_date

)

select * from known
-- So that whoever asks for the latest days reads no others.
order by known_date
