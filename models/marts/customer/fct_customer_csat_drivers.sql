-- depends_on: {{ ref('feature_definitions') }}
{%- set columns = columns_of_drivers(ref('customer_current_scores')) %}
{%- set told_drivers = features_of_drivers() %}

with

scores as (

    select * from {{ ref('customer_current_scores') }}

),

base_scores as (

    select * from {{ ref('int_base_scores') }}

),

all_drivers as (

    select * from {{ ref('int_drivers') }}

),

reasons as (

    {{ reasons_of_drivers(ref('int_current_features')) }}

),

sloped as (

    select
        scores.*,
        {{ secant_slope('scores.logit', 'base_scores.base_logit') }} as slope
    from scores
    inner join base_scores on scores.score_date = base_scores.score_date

),

driver_references as (

    select
        max(score_date) as score_date,
        {% for column in columns %}
        {{ exact_sum('slope * ' ~ adapter.quote(column)) }} / {{ exact_sum('slope') }} as {{ adapter.quote(column) }},
        {% endfor %}
        count(*) as customers
    from sloped

),

points as (

    select
        sloped.customer_id,
        sloped.score_date,
        {% for driver in told_drivers %}
        reasons.{{ adapter.quote('reason_' ~ driver) }},
        {% endfor %}
        {% for column in columns %}
        sloped.{{ adapter.quote(column) }},
        {% endfor %}
        {% for column in columns %}
        sloped.slope * (sloped.{{ adapter.quote(column) }} - driver_references.{{ adapter.quote(column) }})
            as {{ adapter.quote('points_of_' ~ column) }},
        {% endfor %}
        sloped.model_version
    from sloped
    inner join driver_references on sloped.score_date = driver_references.score_date
    left join reasons on sloped.customer_id = reasons.customer_id -- noqa: ST11

),

ranked as (

    select
        *,
        {{ falling(list_of(order_keys(columns))) }} as ranking
    from points

),

lists as (

    select
        customer_id,
        score_date,
        {{ list_of_drivers(columns, told_drivers, 'ranking') }} as drivers
    from ranked

),

by_driver as (

    select
        customer_id,
        score_date,
        {{ rows_of('drivers') }}
    from lists

),

drivers as (

    -- A driver that is gone from the registry may still tell of the last day.
    select
        by_driver.customer_id,
        by_driver.score_date,

        by_driver.driver,
        all_drivers.driver_family,
        all_drivers.driver_label,
        by_driver.reason,

        by_driver.logit_contribution,
        by_driver.points,
        by_driver.driver_rank,

        all_drivers.is_actionable
    from by_driver
    inner join all_drivers on by_driver.driver = all_drivers.driver

)

select * from drivers
