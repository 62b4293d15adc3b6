{#- Counted from records by day, and from days by period: sums of counts, never means of means. -#}
{%- set counts = {
    'invitations': "count(*) filter (where record_kind = 'invitation')",
    'invitations_due': 'count(*) filter (where is_due)',
    'invitations_answered': 'count(*) filter (where is_due and is_answered)',
    'answers': "count(*) filter (where record_kind = 'answer')",
    'answers_without_invitation': "count(*) filter (where record_kind = 'answer' and not has_invitation)",
    'favourable': 'count(*) filter (where is_favourable)',
    'unfavourable': 'count(*) filter (where is_unfavourable)',
} -%}
{%- set sums = {
    'rating_sum': 'rating',
    'value_sum': 'value_0_100',
    'value_square_sum': 'value_0_100 * value_0_100',
} %}

with

records as (

    select * from {{ ref('int_survey_records') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

with_values as (

    select
        {% for dimension in survey_dimensions() %}
        {{ dimension_value(dimension.column) }} as value_of_{{ dimension.name }},
        {% endfor %}
        *
    from records

),

by_day as (

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
        (value_of_{{ dimension.name }}, metric, counted_date){{ ',' if not loop.last }}
        {% endfor %}
    )

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
