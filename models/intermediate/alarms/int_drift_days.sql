with

drift as (

    select * from {{ ref('feature_drift') }}

),

registry as (

    select * from {{ ref('feature_definitions') }}

),

judged as (

    select
        drift.*,
        coalesce(registry.label, drift.feature) as feature_label,
        -- What is known now and was missing at training tells of the data's age, not of the customers.
        drift.status = 'drifted' and not coalesce(drift.is_history_alone, false) as has_left,
        row_number() over (
            partition by drift.score_date
            order by
                coalesce(drift.is_history_alone, false) asc,
                drift.stability_index desc nulls last,
                drift.feature asc
        ) as drift_rank
    from drift
    left join registry on drift.feature = registry.feature
    where drift.status is not null

),

drift_days as (

    select
        score_date,

        max(case when drift_rank = 1 then feature_label end) as most_drifted_feature,
        max(case when drift_rank = 1 then largest_shift end) as largest_shift,

        count(*) as features,
        count(case when has_left then 1 end) as features_drifted
    from judged
    group by score_date

)

select * from drift_days
