-- depends_on: {{ ref('feature_definitions') }}
with

driver_scores as (

    select * from {{ ref('customer_driver_scores') }}

),

base_scores as (

    select * from {{ ref('int_base_scores') }}

),

registry as (

    select * from {{ ref('int_drivers') }}

),

reasons as (

    {{ reasons_of_drivers(ref('int_current_features')) }}

),

sloped as (

    select
        driver_scores.*,
        {{ secant_slope('driver_scores.logit', 'base_scores.base_logit') }} as slope
    from driver_scores
    inner join base_scores on driver_scores.score_date = base_scores.score_date

),

driver_references as (

    select
        driver,
        {{ exact_sum('slope * logit_contribution') }} / {{ exact_sum('slope') }} as reference
    from sloped
    group by driver

),

points as (

    select
        sloped.customer_id,
        sloped.score_date,
        sloped.driver,
        sloped.driver_family,
        sloped.logit_contribution,
        sloped.slope * (sloped.logit_contribution - driver_references.reference) as points
    from sloped
    inner join driver_references on sloped.driver = driver_references.driver

),

ranked as (

    select
        points.*,
        row_number() over (
            partition by points.customer_id order by abs(points.points) desc, points.driver
        ) as driver_rank
    from points

),

drivers as (

    -- A driver that is gone from the registry may still tell of the last day.
    select
        ranked.customer_id,
        ranked.score_date,

        ranked.driver,
        ranked.driver_family,
        coalesce(registry.driver_label, ranked.driver) as driver_label,
        {{ reason_of_row('ranked.driver', 'reasons') }} as reason,

        ranked.logit_contribution,
        ranked.points,
        ranked.driver_rank,

        registry.is_actionable
    from ranked
    left join registry on ranked.driver = registry.driver
    left join reasons on ranked.customer_id = reasons.customer_id

)

select * from drivers
