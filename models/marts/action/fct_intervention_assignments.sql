with

assignments as (

    select
        queue_date,
        customer_id,

        intervention,

        queue_rank,
        csat_score,
        gain_points,
        probability_helps,
        expected_value,
        intervention_cost,
        expected_net_value,

        is_held_out,

        listed_since,
        drawn_date
    from {{ ref('int_intervention_assignments') }}

)

select * from assignments
