with

registry as (

    select * from {{ ref('feature_definitions') }}

),

versions as (

    select * from {{ ref('dim_model_versions') }}

),

terms as (

    select * from {{ ref('csat_model_terms') }}

),

in_force as (

    select
        model_version,
        -- What a logit is worth in points where most customers are.
        base_csat * (1 - base_csat / 100) as points_per_logit
    from versions
    where is_in_force

),

own_terms as (

    select
        terms.feature,
        terms.training_weight,
        terms.contribution * in_force.points_per_logit as points
    from terms
    inner join in_force on terms.model_version = in_force.model_version
    where terms.feature is not null and terms.second_feature is null

),

effects as (

    select
        feature,
        {{ exact_sum('training_weight * abs(points)') }}
        / nullif({{ exact_sum('training_weight') }}, 0) as mean_points,
        min(points) as lowest_points,
        max(points) as highest_points
    from own_terms
    group by feature

),

described as (

    select
        registry.feature,

        registry.family as feature_family,
        registry.label as feature_label,
        registry.unit,
        registry.driver,
        registry.driver_label,
        registry.kind,
        case registry.direction when 1 then 'can only help' when -1 then 'can only hurt' else 'free' end
            as direction,
        in_force.model_version,

        cast(registry.window_days as bigint) as window_days,
        effects.mean_points,
        effects.lowest_points,
        effects.highest_points,

        registry.is_actionable,
        coalesce(effects.lowest_points < effects.highest_points, false) as is_in_model
    from registry
    left join in_force on true
    left join effects on registry.feature = effects.feature

)

select * from described
