with

hazard as (

    select * from {{ ref('leaving_hazard') }}

),

customers as (

    select * from {{ ref('dim_customers') }}
    where is_active

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

active as (

    select
        count(*) as active_customers,
        cast(avg(annual_value) as double) as mean_annual_value
    from customers

),

told as (

    select
        as_of.as_of_date,

        {{ association() }} as evidence,
        hazard.reason,

        hazard.customers_left,
        hazard.customer_years,
        100e0 * hazard.leaving_per_year as leaving_percent_per_year,
        hazard.hazard_ratio as hazard_ratio_per_10_points,
        hazard.hazard_ratio_lower as hazard_ratio_per_10_points_lower,
        hazard.hazard_ratio_upper as hazard_ratio_per_10_points_upper,
        active.active_customers,
        active.mean_annual_value,
        -- A point lowers the hazard by ln(ratio) / 10 of itself, which takes so much less of the value.
        {% for end in ['', '_lower', '_upper'] %}
        hazard.leaving_per_year * ln(hazard.hazard_ratio{{ end }}) / 10e0 * active.mean_annual_value
            as point_value_per_customer{{ end }},
        {% endfor %}
        {% for end in ['', '_lower', '_upper'] %}
        hazard.leaving_per_year * ln(hazard.hazard_ratio{{ end }}) / 10e0 * active.mean_annual_value
        * active.active_customers as point_value_of_all{{ end }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from hazard
    cross join active
    cross join as_of

)

select * from told
