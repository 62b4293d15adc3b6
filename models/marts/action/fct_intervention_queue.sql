with

assignments as (

    select assignments.*
    from {{ ref('int_intervention_assignments') }} as assignments
    inner join {{ ref('int_as_of_date') }} as as_of on assignments.queue_date = as_of.as_of_date
    where not assignments.is_held_out

),

definitions as (

    select * from {{ ref('intervention_definitions') }}

),

gains as (

    select * from {{ ref('intervention_gains') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

scores as (

    select * from {{ ref('fct_customer_csat_current') }}

),

described as (

    select
        assignments.*,
        definitions.recommended_action,
        customers.preferred_channel,
        scores.lowered_by_1 as most_lowered_by,
        case
            when assignments.is_measured
                then
                    'measured: ' || gains.program_name || ' raises the satisfaction of those who enrol by '
                    || cast(round(gains.program_points_lower, 1) as varchar) || ' to '
                    || cast(round(gains.program_points_upper, 1) as varchar) || ' points'
            when gains.gap_points is not null
                then
                    {{ association() }} || ': ' || cast(gains.answers as varchar)
                    || ' answers given with this cause lie ' || cast(round(gains.gap_points, 1) as varchar)
                    || ' points further below their scores than others'
            else {{ association() }} || ': too few answers have been given with this cause'
        end as evidence,
        'Score ' || cast(round(assignments.csat_score, 0) as integer)
        || ' (' || cast(round(assignments.csat_score_lower, 0) as integer)
        || ' to ' || cast(round(assignments.csat_score_upper, 0) as integer) || ')'
        || case
            when assignments.is_falling
                then
                    ', ' || cast(round(-assignments.change_28_days, 1) as varchar)
                    || ' points lower than 28 days ago'
            else ''
        end
        || ', and ' || definitions.cause_in_words as reason
    from assignments
    inner join definitions on assignments.intervention = definitions.intervention
    left join gains on assignments.intervention = gains.intervention
    left join customers on assignments.customer_id = customers.customer_id
    left join scores on assignments.customer_id = scores.customer_id

),

queue as (

    select
        queue_date,
        customer_id,

        intervention,
        recommended_action,
        reason,
        recommended_action || ': ' || reason || '. It is expected to help with '
        || case
            when probability_helps > 0.99e0 then 'more than 99'
            else cast(cast(round(100e0 * probability_helps, 0) as integer) as varchar)
        end || ' %, by '
        || cast(round(gain_points, 1) as varchar) || ' points; worth '
        || cast(cast(round(expected_value, 0) as bigint) as varchar) || ' for '
        || cast(cast(round(intervention_cost, 0) as bigint) as varchar) || '.' as instruction,
        evidence,
        preferred_channel,
        most_lowered_by,

        queue_rank,
        csat_score,
        csat_score_lower,
        csat_score_upper,
        change_28_days,
        gain_points,
        probability_helps,
        annual_value,
        value_at_risk,
        expected_value,
        intervention_cost,
        expected_net_value,

        is_low,
        is_falling,
        is_measured,

        listed_since,
        last_intervention_date
    from described

)

select * from queue
