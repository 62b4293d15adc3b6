with

candidates as (

    select * from {{ ref('int_intervention_candidates') }}

),

assignments as (

    select assignments.*
    from {{ ref('int_intervention_assignments') }} as assignments
    inner join {{ ref('int_as_of_date') }} as as_of on assignments.queue_date = as_of.as_of_date

),

placed as (

    select
        candidates.queue_date,
        candidates.customer_id,

        candidates.intervention,
        case
            when candidates.exclusion is not null then 'excluded'
            when assignments.customer_id is null then 'no room'
            when assignments.is_held_out then 'held out by chance'
            else 'on the queue'
        end as status,
        candidates.exclusion,

        candidates.csat_score,
        candidates.csat_score_upper,
        candidates.change_28_days,
        candidates.lever_points,
        candidates.expected_gap_points,
        candidates.gain_points,
        candidates.probability_helps,
        candidates.value_at_risk,
        candidates.expected_value,
        candidates.intervention_cost,
        candidates.expected_net_value,

        candidates.is_low,
        candidates.is_falling,

        candidates.last_intervention_date
    from candidates
    left join assignments on candidates.customer_id = assignments.customer_id

)

select * from placed
