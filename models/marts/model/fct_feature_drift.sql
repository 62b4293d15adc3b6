with

drift as (

    select * from {{ ref('feature_drift') }}

),

registry as (

    select * from {{ ref('feature_definitions') }}

),

described as (

    select
        drift.feature,
        drift.model_version,

        registry.family as feature_family,
        coalesce(registry.label, drift.feature) as feature_label,
        drift.status,
        drift.reason,
        drift.largest_shift,

        drift.stability_index,
        drift.stability_index_by_chance,
        drift.groups,
        drift.training_missing_share,
        drift.current_missing_share,
        drift.training_unknown_share,
        drift.current_unknown_share,
        drift.effective_answers,
        drift.customers,

        drift.score_date
    from drift
    left join registry on drift.feature = registry.feature

)

select * from described
