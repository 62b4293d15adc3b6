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

drivers as (

    select * from {{ ref('fct_customer_csat_drivers') }}

),

-- What nobody can change, such as the yearly value, tells nothing of what to talk about.
actionable_drivers as (

    select
        customer_id,
        driver_label,
        row_number() over (partition by customer_id order by driver_rank) as place
    from drivers
    where is_actionable and points < 0

),

described as (

    select
        assignments.*,
        {{ contact_by('customers.preferred_channel') }}
        || ' and ' || lower(left(definitions.recommended_action, 1))
        || substr(definitions.recommended_action, 2)
            as recommended_action,
        customers.preferred_channel,
        actionable_drivers.driver_label as most_lowered_by,
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
        -- The upper end rounded down: 79.6 is below 80, and would be told as 80.
        'Score ' || cast(round(assignments.csat_score, 0) as integer)
        || ' (' || cast(round(assignments.csat_score_lower, 0) as integer)
        || ' to ' || cast(floor(assignments.csat_score_upper) as integer) || ')'
        || case
            when assignments.is_low
                then ', surely below {{ var("at_risk_score") }}'
            else ''
        end
        || case
            when assignments.is_falling
                then
                    ', ' || cast(round(-assignments.change_28_days, 1) as varchar)
                    || ' points lost in 28 days'
            else ''
        end
        || ', and ' || definitions.cause_in_words as reason
    from assignments
    inner join definitions on assignments.intervention = definitions.intervention
    left join gains on assignments.intervention = gains.intervention
    left join customers on assignments.customer_id = customers.customer_id
    left join actionable_drivers
        on assignments.customer_id = actionable_drivers.customer_id and actionable_drivers.place = 1

),

queue as (

    select
        queue_date,
        customer_id,

        intervention,
        recommended_action,
        reason,
        recommended_action || ': ' || reason || '. ' || {{ helps_in_words('probability_helps') }}
        || ': about ' || cast(round(gain_points, 1) as varchar) || ' points; worth '
        || {{ money_in_words('expected_value') }} || ' a year for a cost of '
        || {{ money_in_words('intervention_cost') }} || '.' as instruction,
        evidence,
        preferred_channel,
        most_lowered_by,

        queue_rank,
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
        expected_net_value,

        is_low,
        is_falling,
        is_measured,

        listed_since,
        last_intervention_date
    from described

)

select * from queue
