{#- Counted by day before, and from days by period: sums of counts, never means of means. -#}
{%- set counts, sums = survey_counts(), survey_sums() %}

with

by_day as (

    select * from {{ ref('int_survey_day_counts') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

by_period as (

    {% for kind in survey_period_kinds() %}
    select
        '{{ kind }}' as period_kind,
        {{ period_start(kind, 'by_day.counted_date', 'as_of.as_of_date') }} as period_start,
        as_of.as_of_date,
        by_day.dimension,
        by_day.dimension_value,
        by_day.metric,
        {% for name in counts %}
        cast(sum(by_day.{{ name }}) as bigint) as {{ name }},
        {% endfor %}
        {% for name in sums %}
        {{ exact_sum('by_day.' ~ name) }} as {{ name }},
        {% endfor %}
        min(by_day.lowest_value) as lowest_value,
        max(by_day.highest_value) as highest_value,
        min(by_day.first_scale) as first_scale,
        max(by_day.last_scale) as last_scale
    from by_day
    cross join as_of
    where {{ has_figures(kind, 'by_day.counted_date', 'as_of.as_of_date') }}
    group by
        {{ period_start(kind, 'by_day.counted_date', 'as_of.as_of_date') }},
        as_of.as_of_date,
        by_day.dimension,
        by_day.dimension_value,
        by_day.metric
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

dated as (

    select
        *,
        case period_kind
            {% for kind in survey_period_kinds() %}
            when '{{ kind }}' then {{ period_end(kind, 'period_start') }}
            {% endfor %}
        end as period_end
    from by_period

),

survey_counts as (

    select
        period_kind,
        dimension,
        dimension_value,
        metric,
        -- Ratings have a mean only on one scale.
        case when first_scale = last_scale then first_scale end as scale,

        {% for name in counts %}
        {{ name }},
        {% endfor %}
        {% for name in sums %}
        {{ name }},
        {% endfor %}
        lowest_value,
        highest_value,

        period_end <= as_of_date as is_complete,

        period_start,
        period_end
    from dated

)

select * from survey_counts
