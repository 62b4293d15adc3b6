{%- set as_of_day = literal_day(ref('int_as_of_date'), 'min(as_of_date)') -%}

with

customer_interventions as (

    select * from {{ ref('customer_interventions') }}

),

definitions as (

    select * from {{ ref('intervention_definitions') }}

),

gains as (

    select * from {{ ref('intervention_gains') }}

),

levers as (

    select * from {{ ref('int_single_levers') }}

),

customers as (

    select
        customer_id,
        annual_value
    from {{ ref('int_current_features') }}

),

scores as (

    select * from {{ ref('int_customer_csat_scores') }}
    where score_date = {{ as_of_day }}

),

-- Models come every few weeks, so that a fall by one and the same model would hardly ever be seen.
changes as (

    select
        customer_id,
        change - change_new_version as change_28_days
    from {{ ref('int_customer_csat_changes') }}
    where span_days = 28

),

restrictions as (

    select * from {{ ref('int_contact_restrictions') }}

),

last_interventions as (

    select * from {{ ref('int_last_interventions') }}

),

mended_causes as (

    select * from {{ ref('int_mended_causes') }}

),

earlier as (

    select * from {{ ref('int_earlier_assignments') }}

),

-- The held-out rest as the listed do, or they could not be compared.
expired as (

    select distinct customer_id
    from earlier
    where
        {{ days_between('listed_since', 'queue_date') }} >= {{ var('queue_listing_days') }} - 1
        and queue_date > {{ add_days(as_of_day, -var('queue_cooling_off_days')) }}

),

typical as (

    select coalesce(median(annual_value), {{ var('default_annual_value') }}) as annual_value
    from customers

),

told as (

    select
        scores.customer_id,
        customer_interventions.intervention,

        scores.csat_score,
        scores.csat_score_lower,
        scores.csat_score_upper,
        changes.change_28_days,
        greatest(0e0, coalesce(gains.expected_gap_points, 0e0)) as expected_gap_points,
        coalesce(levers.gain_points, 0e0) as lever_points,
        gains.program_points,
        gains.probability_helps,
        definitions.intervention_cost,
        greatest(0e0, cast(coalesce(customers.annual_value, typical.annual_value) as double)) as annual_value,

        restrictions.restriction,
        mended_causes.mended_by,
        expired.customer_id is not null as is_expired,
        last_interventions.last_intervention_date
    from customer_interventions
    inner join definitions on customer_interventions.intervention = definitions.intervention
    inner join gains on customer_interventions.intervention = gains.intervention
    inner join customers on customer_interventions.customer_id = customers.customer_id
    inner join scores on customer_interventions.customer_id = scores.customer_id
    left join changes on customer_interventions.customer_id = changes.customer_id
    left join levers
        on
            customer_interventions.customer_id = levers.customer_id
            and definitions.lever = levers.lever
    left join restrictions on customer_interventions.customer_id = restrictions.customer_id
    left join mended_causes
        on
            customer_interventions.customer_id = mended_causes.customer_id
            and customer_interventions.intervention = mended_causes.intervention
    left join expired on customer_interventions.customer_id = expired.customer_id
    left join last_interventions on customer_interventions.customer_id = last_interventions.customer_id
    cross join typical

),

valued as (

    select
        *,
        -- The upper end of the score counts: no more can be won than is surely missing.
        least(
            100e0 - csat_score_upper,
            greatest(
                0e0,
                coalesce(
                    program_points,
                    {{ var('intervention_recovery_share') }} * (expected_gap_points + lever_points)
                )
            )
        ) as gain_points,
        annual_value * {{ var('satisfied_customer_worth') }}
        * (100e0 - csat_score_upper) / 100e0 as value_at_risk,
        csat_score_upper < {{ var('at_risk_score') }} as is_low,
        coalesce(change_28_days <= -{{ var('falling_points') }}, false) as is_falling
    from told

),

expected as (

    select
        *,
        probability_helps * gain_points / 100e0
        * annual_value * {{ var('satisfied_customer_worth') }} as expected_value
    from valued

),

candidates as (

    select
        customer_id,
        intervention,

        case
            when restriction is not null then restriction
            when not is_low and not is_falling then 'the score is neither low nor falling'
            when last_intervention_date > {{ as_of_day }} - {{ var('queue_cooling_off_days') }}
                then 'the last intervention was less than {{ var("queue_cooling_off_days") }} days ago'
            when mended_by is not null then mended_by
            when is_expired
                then 'was on the queue, or held out of it, for {{ var("queue_listing_days") }} days'
            when expected_value <= intervention_cost then 'it would cost more than it is expected to bring'
        end as exclusion,

        csat_score,
        csat_score_lower,
        csat_score_upper,
        change_28_days,
        lever_points,
        expected_gap_points,
        gain_points,
        probability_helps,
        annual_value,
        value_at_risk,
        expected_value,
        intervention_cost,
        expected_value - intervention_cost as expected_net_value,

        is_low,
        is_falling,
        program_points is not null as is_measured,

        {{ as_of_day }} as queue_date,
        last_intervention_date,
        row_number() over (
            partition by customer_id
            order by mended_by is not null, expected_value - intervention_cost desc, intervention
        ) as place
    from expected

),

best_candidates as (

    select {{ all_columns_except(['place']) }}
    from candidates
    where place = 1

)

select * from best_candidates
