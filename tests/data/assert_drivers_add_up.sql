-- A customer's drivers and the base score are the score; those of a family are the family's points.
with

drivers as (

    select
        customer_id,
        {% for family in families() %}
        coalesce(sum(points) filter (where replace(driver_family, ' ', '_') = '{{ family }}'), 0)
            as points_{{ family }},
        {% endfor %}
        sum(points) as points
    from {{ ref('fct_customer_csat_drivers') }}
    group by customer_id

)

select daily.customer_id
from {{ ref('fct_customer_csat_daily') }} as daily
left join drivers on daily.customer_id = drivers.customer_id
where
    daily.score_date = {{ literal_day(ref('int_as_of_date'), 'min(as_of_date)') }}
    and (
        drivers.customer_id is null
        or abs(daily.base_score + drivers.points - daily.csat_score) > 1e-9
        {%- for family in families() %}
        or abs(daily.points_{{ family }} - drivers.points_{{ family }}) > 1e-9
        {%- endfor %}
    )
