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

shapes as (

    select * from {{ ref('model_shapes') }}

),

in_force as (

    select model_version
    from versions
    where is_in_force

),

used as (

    select terms.feature
    from terms
    inner join in_force on terms.model_version = in_force.model_version
    where terms.feature is not null and terms.second_feature is null
    group by terms.feature
    having min(terms.contribution) < max(terms.contribution)

),

cells as (

    select
        terms.feature,
        terms.second_feature,
        shapes.customers,
        shapes.points
    from shapes
    inner join terms
        on
            shapes.model_version = terms.model_version
            and shapes.term = terms.term
            and shapes.cell_number = terms.cell_number

),

effects as (

    select
        feature,
        {{ exact_sum('customers * abs(points)') }} / sum(customers) as mean_points,
        min(points) filter (where customers > 0) as lowest_points,
        max(points) filter (where customers > 0) as highest_points
    from cells
    where second_feature is null
    group by feature

),

pair_effects as (

    -- A pair counts half for each of its two features.
    select
        feature,
        second_feature,
        {{ exact_sum('customers * abs(points)') }} / sum(customers) / 2 as mean_points
    from cells
    where second_feature is not null
    group by feature, second_feature

),

sides as (

    select
        feature,
        mean_points
    from pair_effects

    union all

    select
        second_feature as feature,
        mean_points
    from pair_effects

),

effects_of_pairs as (

    select
        feature,
        {{ exact_sum('mean_points') }} as mean_points
    from sides
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
        effects_of_pairs.mean_points as pairs_mean_points,

        registry.is_actionable,
        used.feature is not null as is_in_model
    from registry
    left join in_force on true
    left join used on registry.feature = used.feature
    left join effects on registry.feature = effects.feature
    left join effects_of_pairs on registry.feature = effects_of_pairs.feature

)

select * from described
