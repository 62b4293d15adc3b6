{%- set counts, sums = survey_counts(), survey_sums() %}

-- depends_on: {{ ref('int_survey_months_due') }}
with

records as (

    select * from {{ ref('int_survey_records') }}
    where {{ is_of_months_due('sent_at') }}

),

with_values as (

    select
        {{ survey_month('sent_at') }} as survey_month,
        {% for dimension in survey_dimensions() %}
        {{ dimension_value(dimension.column) }} as value_of_{{ dimension.name }},
        {% endfor %}
        *
    from records

),

day_counts as (

    -- All dimensions in one pass: each group is by the value of one of them.
    select
        case
            {% for dimension in survey_dimensions() %}
            when grouping(value_of_{{ dimension.name }}) = 0 then '{{ dimension.name }}'
            {% endfor %}
        end as dimension,
        coalesce(
            {% for dimension in survey_dimensions() %}
            value_of_{{ dimension.name }}{{ ',' if not loop.last }}
            {% endfor %}
        ) as dimension_value,
        metric,
        survey_month,
        counted_date,
        {% for name, count in counts.items() %}
        {{ count }} as {{ name }},
        {% endfor %}
        {% for name, value in sums.items() %}
        {{ exact_sum(value) }} as {{ name }},
        {% endfor %}
        min(value_0_100) as lowest_value,
        max(value_0_100) as highest_value,
        min(scale) as first_scale,
        max(scale) as last_scale
    from with_values
    group by grouping sets (
        {% for dimension in survey_dimensions() %}
        (value_of_{{ dimension.name }}, metric, survey_month, counted_date){{ ',' if not loop.last }}
        {% endfor %}
    )

)

select * from day_counts
