{%- set as_of_day = literal_day(ref('int_as_of_date'), 'min(as_of_date)') -%}
{%- set places = [1, 2, 3] -%}

with

daily as (

    select * from {{ ref('fct_customer_csat_daily') }}
    where score_date = {{ as_of_day }}

),

drivers as (

    -- Each direction by itself: many strong drivers of one would hide all of the other.
    select
        customer_id,
        driver_label,
        points,
        row_number() over (partition by customer_id, points > 0 order by abs(points) desc, driver) as place
    from {{ ref('fct_customer_csat_drivers') }}
    where points <> 0

),

top_drivers as (

    select
        {% for place in places %}
        {% for direction, side in {'lowered': '<', 'raised': '>'}.items() %}
        max(driver_label) filter (where place = {{ place }} and points {{ side }} 0)
            as {{ direction }}_by_{{ place }},
        max(points) filter (where place = {{ place }} and points {{ side }} 0)
            as {{ direction }}_by_{{ place }}_points,
        {% endfor %}
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
        top_drivers.{{ direction }}_by_{{ place }},
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
        top_drivers.{{ direction }}_by_{{ place }}_points,
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
