with

sums as (

    select * from {{ ref('segment_scores') }}

),

segment_scores as (

    select
        score_date,
        segment_id,
        segment_value,
        customers,
        probability_sum
    from sums

)

select * from segment_scores
