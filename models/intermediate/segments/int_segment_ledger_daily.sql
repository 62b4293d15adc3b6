-- How each estimate came from that of the day before: every part by itself, nothing left over.
--
-- Who stayed moved by behaviour, driver by driver; who came and who left moved the mean of the segment. On
-- the first day of a version all of that is told by the version before it, and the rest is the new version's:
-- by how much its scores differ, and by how much the same answers correct them differently.
{% set parts = {
    'joined': ['mix', '(joined_score_sum - joined * stayed_score) / customers'],
    'moved_in': ['mix', '(moved_in_score_sum - moved_in * stayed_score) / customers'],
    'left': ['mix', '(left_company * stayed_score_before - left_company_score_sum) / customers_before'],
    'moved_out': ['mix', '(moved_out * stayed_score_before - moved_out_score_sum) / customers_before'],
    'answers': [
        'survey', 'csat_estimate_by_before - mean_score_by_before - csat_estimate_before + mean_score_before'
    ],
} -%}

with

movements as (

    select * from {{ ref('int_segment_movements') }}
    where score_date >= {{ first_due_day() }} and customers > 0 and customers_before > 0

),

estimates as (

    select * from {{ ref('int_segment_estimates') }}
    where score_date >= {{ first_due_day() }} - 1 and csat_estimate is not null

),

both_days as (

    select
        movements.*,
        today.csat_estimate,
        eve.csat_estimate as csat_estimate_before,
        movements.score_sum / movements.customers as mean_score,
        movements.score_sum_before / movements.customers_before as mean_score_before,
        movements.score_sum_by_before / movements.customers as mean_score_by_before,
        case
            when movements.model_version = movements.model_version_before then today.csat_estimate
            when movements.is_scored_by_before then today.csat_estimate_by_version_before
        end as csat_estimate_by_before
    from movements
    inner join estimates as today
        on
            movements.score_date = today.score_date
            and movements.segment_id = today.segment_id
            and movements.segment_value = today.segment_value
    inner join estimates as eve
        on
            movements.score_date = eve.score_date + 1
            and movements.segment_id = eve.segment_id
            and movements.segment_value = eve.segment_value

),

compared as (

    -- What the version before cannot tell, because a feature of it is gone, is the new version's as a whole.
    select
        *,
        csat_estimate_by_before is not null as is_told,
        coalesce(stayed_score_sum / nullif(stayed, 0), mean_score_before) as stayed_score,
        coalesce(stayed_score_sum_before / nullif(stayed, 0), mean_score_before) as stayed_score_before
    from both_days

),

of_drivers as (

    select
        score_date,
        segment_id,
        segment_value,
        is_told,
        stayed,
        {{ rows_of('drivers') }}
    from compared

),

ledger as (

    {% for part, told in parts.items() %}
    select
        score_date,
        segment_id,
        segment_value,
        '{{ told[0] }}' as component,
        '{{ part }}' as part,
        case when is_told then {{ told[1] }} else 0e0 end as points
    from compared

    union all
    {% endfor %}

    select
        score_date,
        segment_id,
        segment_value,
        'model' as component,
        'new_version' as part,
        csat_estimate - case when is_told then csat_estimate_by_before else csat_estimate_before end as points
    from compared

    union all

    select
        score_date,
        segment_id,
        segment_value,
        'behaviour' as component,
        driver as part,
        case when is_told and stayed > 0 then change_sum / stayed else 0e0 end as points
    from of_drivers

)

select * from ledger
