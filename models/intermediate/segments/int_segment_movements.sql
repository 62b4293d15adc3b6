with

movements as (

    select * from {{ ref('segment_movements') }}

),

segment_movements as (

    select
        score_date,
        segment_id,
        segment_value,

        model_version,
        model_version_before,

        customers,
        score_sum,
        score_sum_by_before,
        slope_sum,
        customers_before,
        score_sum_before,
        stayed,
        stayed_score_sum,
        stayed_score_sum_before,
        joined,
        joined_score_sum,
        moved_in,
        moved_in_score_sum,
        left_company,
        left_company_score_sum,
        moved_out,
        moved_out_score_sum,

        is_scored_by_before,
        drivers
    from movements

)

select * from segment_movements
