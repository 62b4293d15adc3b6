-- Where customers drop out of each journey, and how satisfied those are who do, against those who finish.
with

definitions as (

    select
        journey_id,
        journey_name,
        owner,
        step_name,
        event,
        detail,
        channel,
        cast(step as bigint) as step
    from {{ ref('journey_definitions') }}

),

steps as (

    select * from {{ ref('journey_steps') }}

),

journeys as (

    select * from {{ ref('fct_customer_journeys') }}

),

outcomes as (

    select * from {{ ref('int_journey_outcomes') }}

),

known as (

    select * from {{ ref('int_journey_event_kinds') }}

),

found as (

    select
        definitions.journey_id,
        definitions.step,
        count(*) as kinds
    from definitions
    inner join known
        on
            definitions.event = known.event
            and {{ names_value('definitions.detail', 'known.detail') }}
            and {{ names_value('definitions.channel', 'known.channel') }}
    group by definitions.journey_id, definitions.step

),

times as (

    select
        journey_id,
        step,
        {{ seconds_between(
            'lag(reached_at) over (partition by journey_id, customer_id, started_at order by step)', 'reached_at'
        ) }} / 86400e0 as days_since_step_before
    from steps

),

reached as (

    select
        journey_id,
        step,
        count(*) as reached,
        median(days_since_step_before) as median_days
    from times
    group by journey_id, step

),

ends as (

    select
        journeys.journey_id,
        journeys.steps_taken,
        journeys.status,
        journeys.customer_id,
        outcomes.score_after,
        outcomes.answers,
        outcomes.weight,
        outcomes.weighted_residual,
        outcomes.weighted_variance
    from journeys
    inner join outcomes
        on journeys.customer_id = outcomes.customer_id and journeys.last_step_at = outcomes.moment_at

),

means as (

    select
        journey_id,
        steps_taken,
        status,
        count(*) as journeys,
        count(distinct customer_id) as customers,
        count(score_after) as scored,
        {{ exact_sum('score_after') }} / nullif(count(score_after), 0) as mean_score,
        sum(answers) as answers,
        {{ exact_sum('weight') }} as weight,
        100e0 * {{ exact_sum('weighted_residual') }} / nullif({{ exact_sum('weight') }}, 0e0) as residual,
        10000e0 * {{ exact_sum('weighted_variance') }} as model_variance
    from ends
    group by journey_id, steps_taken, status

),

-- The same customer may have several journeys, and one answer may lie after each of them: their parts of the
-- estimate go together.
parts as (

    select
        ends.journey_id,
        ends.steps_taken,
        ends.status,
        ends.customer_id,
        {{ exact_sum(
            'coalesce((ends.score_after - means.mean_score) / means.scored, 0e0)'
            ~ ' + coalesce((100e0 * ends.weighted_residual - ends.weight * means.residual)'
            ~ ' / nullif(means.weight, 0e0), 0e0)'
        ) }} as part
    from ends
    inner join means
        on
            ends.journey_id = means.journey_id
            and ends.steps_taken = means.steps_taken
            and ends.status = means.status
    group by ends.journey_id, ends.steps_taken, ends.status, ends.customer_id

),

variances as (

    select
        journey_id,
        steps_taken,
        status,
        {{ exact_sum('part * part') }} * count(*) / nullif(count(*) - 1, 0) as variance
    from parts
    group by journey_id, steps_taken, status

),

estimates as (

    select
        means.journey_id,
        means.steps_taken,
        means.status,
        means.journeys,
        means.answers,
        -- Few answers beyond the score may carry it out of the scale.
        least(100e0, greatest(0e0, means.mean_score + means.residual)) as csat,
        {{ normal_quantile() }} * sqrt(greatest(
            variances.variance, means.model_variance / nullif(means.weight * means.weight, 0e0)
        )) as half_width,
        means.customers >= {{ var('min_segment_customers') }}
        and means.answers >= {{ var('min_segment_answers') }}
        and means.mean_score is not null as is_told
    from means
    inner join variances
        on
            means.journey_id = variances.journey_id
            and means.steps_taken = variances.steps_taken
            and means.status = variances.status

),

funnel as (

    select
        definitions.journey_id,
        definitions.step,

        definitions.journey_name,
        definitions.owner,
        definitions.step_name,
        case
            when found.kinds is null
                then
                    'waiting for ' || replace(definitions.event, '_', ' ')
                    || coalesce(': ' || nullif(definitions.detail, ''), '')
                    || coalesce(' by ' || nullif(definitions.channel, ''), '')
            else 'in use'
        end as status,

        coalesce(first_steps.reached, 0) as started,
        coalesce(reached.reached, 0) as reached,
        1e0 * coalesce(reached.reached, 0) / nullif(first_steps.reached, 0) as reached_share,
        coalesce(dropped.journeys, 0) as dropped,
        coalesce(still_open.journeys, 0) as still_open,
        {% for group in ['dropped', 'finished'] %}
        case when {{ group }}.is_told then {{ group }}.csat end as csat_{{ group }},
        case when {{ group }}.is_told then greatest(0e0, {{ group }}.csat - {{ group }}.half_width) end
            as csat_{{ group }}_lower,
        case when {{ group }}.is_told then least(100e0, {{ group }}.csat + {{ group }}.half_width) end
            as csat_{{ group }}_upper,
        cast(coalesce({{ group }}.answers, 0) as bigint) as answers_{{ group }},
        {% endfor %}
        case when definitions.step > 1 then reached.median_days end as median_days
    from definitions
    left join found on definitions.journey_id = found.journey_id and definitions.step = found.step
    left join reached on definitions.journey_id = reached.journey_id and definitions.step = reached.step
    left join reached as first_steps
        on definitions.journey_id = first_steps.journey_id and first_steps.step = 1
    left join estimates as dropped
        on
            definitions.journey_id = dropped.journey_id
            and definitions.step = dropped.steps_taken
            and dropped.status = 'broken'
    left join estimates as still_open
        on
            definitions.journey_id = still_open.journey_id
            and definitions.step = still_open.steps_taken
            and still_open.status = 'open'
    left join estimates as finished
        on definitions.journey_id = finished.journey_id and finished.status = 'completed'

)

select * from funnel
