{%- set follows_the_value = 0.5 -%}

with

drivers as (

    select * from {{ ref('fct_customer_csat_drivers') }}

),

versions as (

    select * from {{ ref('dim_model_versions') }}

),

importance_by_version as (

    select * from {{ ref('driver_importance') }}

),

shapes as (

    select * from {{ ref('fct_csat_driver_shapes') }}

),

features as (

    select * from {{ ref('dim_model_features') }}

),

in_force as (

    select model_version
    from versions
    where is_in_force

),

today as (

    select
        driver,
        min(driver_family) as driver_family,
        min(driver_label) as driver_label,
        max(score_date) as score_date,
        bool_or(is_actionable) as is_actionable,
        count(*) as customers,
        {{ exact_sum('abs(points)') }} / count(*) as mean_points
    from drivers
    group by driver

),

whole as (

    select {{ exact_sum('mean_points') }} as mean_points
    from today

),

placed_bins as (

    -- The middle rank of a bin's customers: values have units, and long tails.
    select
        driver,
        feature,
        feature_label,
        kind,
        customers,
        points,
        sum(customers) over (partition by feature order by bin_number) - customers / 2e0 as middle_rank
    from shapes
    where customers > 0 and not is_missing

),

feature_slopes as (

    select
        driver,
        feature,
        feature_label,
        kind,
        {{ exact_sum('customers * points * points') }} / sum(customers)
        - pow({{ exact_sum('customers * points') }} / sum(customers), 2) as variance_points,
        {{ exact_sum('customers * middle_rank * middle_rank') }} / sum(customers)
        - pow({{ exact_sum('customers * middle_rank') }} / sum(customers), 2) as variance_rank,
        {{ exact_sum('customers * points * middle_rank') }} / sum(customers)
        - {{ exact_sum('customers * points') }} / sum(customers)
        * ({{ exact_sum('customers * middle_rank') }} / sum(customers)) as covariance
    from placed_bins
    group by driver, feature, feature_label, kind

),

leading_features as (

    -- Features of one driver may count opposite things (contacts, and days without one): direction is of one.
    select
        *,
        row_number() over (partition by driver order by variance_points desc, feature asc) as place
    from feature_slopes

),

directions as (

    -- A category has no more or less.
    select
        driver,
        feature_label as leading_feature_label,
        case
            when kind = 'numeric' and variance_rank > 0 and variance_points > 0
                then covariance / sqrt(variance_rank * variance_points)
        end as correlation
    from leading_features
    where place = 1

),

pairs as (

    select
        driver,
        {{ exact_sum('pairs_mean_points') }} as pairs_mean_points
    from features
    group by driver

),

ranks as (

    select
        importance_by_version.model_version,
        importance_by_version.driver,
        importance_by_version.mean_points,
        importance_by_version.model_version = in_force.model_version as is_in_force,
        row_number() over (
            partition by importance_by_version.model_version
            order by importance_by_version.mean_points desc, importance_by_version.driver asc
        ) as importance_rank
    from importance_by_version
    cross join in_force

),

compared as (

    select
        earlier.model_version,
        corr(earlier.importance_rank, latest.importance_rank) as rank_correlation
    from ranks as earlier
    inner join ranks as latest on earlier.driver = latest.driver and latest.is_in_force
    where not earlier.is_in_force
    group by earlier.model_version

),

lowest_correlation as (

    select
        count(*) as earlier_versions,
        min(rank_correlation) as rank_correlation_before
    from compared

),

before as (

    select
        driver,
        min(importance_rank) as best_rank_before,
        max(importance_rank) as worst_rank_before,
        min(mean_points) as lowest_mean_points_before,
        max(mean_points) as highest_mean_points_before
    from ranks
    where not is_in_force
    group by driver

),

importance as (

    select
        today.driver,
        today.score_date,

        today.driver_family,
        today.driver_label,
        directions.leading_feature_label,
        case
            when directions.correlation >= {{ follows_the_value }} then 'more is better'
            when directions.correlation <= -{{ follows_the_value }} then 'more is worse'
            else 'neither'
        end as direction,
        in_force.model_version,

        row_number() over (order by today.mean_points desc, today.driver asc) as importance_rank,
        today.customers,
        today.mean_points,
        100e0 * today.mean_points / nullif(whole.mean_points, 0) as share_of_all,
        coalesce(pairs.pairs_mean_points, 0) as pairs_mean_points,
        lowest_correlation.earlier_versions,
        before.best_rank_before,
        before.worst_rank_before,
        before.lowest_mean_points_before,
        before.highest_mean_points_before,
        lowest_correlation.rank_correlation_before,

        today.is_actionable
    from today
    cross join whole
    cross join in_force
    cross join lowest_correlation
    left join directions on today.driver = directions.driver
    left join pairs on today.driver = pairs.driver
    left join before on today.driver = before.driver

)

select * from importance
