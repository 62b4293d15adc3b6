{%- set kpis = ['csat', 'nps', 'ces'] -%}
{%- set figures = {
    '': 'figure', '_lower': 'figure_lower', '_upper': 'figure_upper',
    '_change': 'change', '_change_lower': 'change_lower', '_change_upper': 'change_upper',
    '_trend': 'trend', '_trend_lower': 'trend_lower', '_trend_upper': 'trend_upper',
} %}

with

trends as (

    select * from {{ ref('fct_kpi_trends') }}

),

falls as (

    select * from {{ ref('fct_kpi_falls') }}
    where fall_rank = 1

),

placed as (

    select
        trends.period_kind,
        trends.dimension,
        trends.dimension_value,
        trends.measure,
        trends.status,
        trends.status_since,
        {% for column in figures.values() %}
        trends.{{ column }},
        {% endfor %}
        trends.is_complete,
        trends.period_start,
        trends.period_end,
        falls.dimension || ': ' || falls.dimension_value as falls_most_in
    from trends
    left join falls
        on
            trends.period_kind = falls.period_kind
            and trends.period_start = falls.period_start
            and trends.measure = falls.measure
            and trends.dimension = 'all'

),

side_by_side as (

    select
        period_kind,
        dimension,
        dimension_value,
        period_start,
        {% for kpi in kpis %}
        {% for ending, column in figures.items() %}
        max(case when measure = '{{ kpi }}' then {{ column }} end) as {{ kpi }}{{ ending }},
        {% endfor %}
        coalesce(max(case when measure = '{{ kpi }}' then status end), 'cannot be told') as {{ kpi }}_status,
        max(case when measure = '{{ kpi }}' then status_since end) as {{ kpi }}_status_since,
        max(case when measure = '{{ kpi }}' then falls_most_in end) as {{ kpi }}_falls_most_in,
        {% endfor %}
        min(case when status = 'falling' then status_since end) as falling_since,
        bool_and(is_complete) as is_complete,
        max(period_end) as period_end
    from placed
    group by period_kind, dimension, dimension_value, period_start

),

kpis_together as (

    select
        period_kind,
        dimension,
        dimension_value,

        {% for kpi in kpis %}
        {{ kpi }}_status,
        {% endfor %}
        -- All that began to fall in the same period: none of them was first.
        nullif(concat_ws(
            ', ',
            {% for kpi in kpis %}
            case
                when {{ kpi }}_status = 'falling' and {{ kpi }}_status_since = falling_since then '{{ kpi }}'
            end{{ ',' if not loop.last }}
            {% endfor %}
        ), '') as first_to_fall,
        {% for kpi in kpis %}
        {{ kpi }}_falls_most_in,
        {% endfor %}

        {% for kpi in kpis %}
        {% for ending in figures %}
        {{ kpi }}{{ ending }},
        {% endfor %}
        {% endfor %}

        {% for kpi in kpis %}
        case
            when {{ kpi }}_status in ('rising', 'high and holding') then true
            when {{ kpi }}_status in ('falling', 'flat') then false
        end{{ ' and' if not loop.last else ' as is_all_rising_or_high,' }}
        {% endfor %}
        is_complete,

        falling_since,
        period_start,
        period_end
    from side_by_side

)

select * from kpis_together
