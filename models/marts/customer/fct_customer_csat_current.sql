{%- set as_of_day = literal_day(ref('int_as_of_date'), 'min(as_of_date)') -%}
{%- set places = [1, 2, 3] -%}

with

daily as (

    select * from {{ ref('fct_customer_csat_daily') }}
    where score_date = {{ as_of_day }}

),

drivers as (

    select * from {{ ref('fct_customer_csat_drivers') }}

),

top_drivers as (

    -- Each direction by itself: many strong drivers of one would hide all of the other.
    select
        {% for direction, side in {'lowered': '<', 'raised': '>'}.items() %}
        {{ first_values('driver_label', 'driver_rank', places | length) }} filter (where points {{ side }} 0)
            as {{ direction }}_by,
        {{ first_values('points', 'driver_rank', places | length) }} filter (where points {{ side }} 0)
            as {{ direction }}_by_points,
        {% endfor %}
        customer_id
    from drivers
    group by customer_id

),

current_scores as (

    select
        daily.customer_id,
        daily.score_date,

        daily.model_version,
        daily.csat_band,
        {% for direction in ['lowered', 'raised'] %}
        {% for place in places %}
        {{ item_of('top_drivers.' ~ direction ~ '_by', place) }} as {{ direction }}_by_{{ place }},
        {% endfor %}
        {% endfor %}

        daily.csat_score,
        daily.csat_score_lower,
        daily.csat_score_upper,
        daily.change_1_day,
        daily.change_7_days,
        daily.change_28_days,
        {% for direction in ['lowered', 'raised'] %}
        {% for place in places %}
        {{ item_of('top_drivers.' ~ direction ~ '_by_points', place) }}
            as {{ direction }}_by_{{ place }}_points,
        {% endfor %}
        {% endfor %}
        daily.base_score,

        daily.has_new_model_1_day,
        daily.has_new_model_7_days,
        daily.has_new_model_28_days
    from daily
    left join top_drivers on daily.customer_id = top_drivers.customer_id

)

select * from current_scores
