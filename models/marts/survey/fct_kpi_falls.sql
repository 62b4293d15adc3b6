{#- The later half of a trend's periods against the earlier one; of an odd number the first is left out. -#}
{%- set half = var('kpi_trend_periods') // 2 -%}
{%- set main_dimensions = survey_dimensions(only_main=true) | map(attribute='name') | join("', '") %}

with

trends as (

    select * from {{ ref('fct_kpi_trends') }}
    where dimension = 'all' and status = 'falling'

),

counts as (

    select * from {{ ref('int_survey_counts') }}
    where
        period_kind in ('week', 'month')
        and dimension in ('{{ main_dimensions }}')
        and answers > 0

),

falls as (

    select
        *,
        {{ period_number('period_kind', 'period_start') }} as period_number
    from trends

),

numbered as (

    select
        *,
        {{ period_number('period_kind', 'period_start') }} as period_number
    from counts

),

halves as (

    select
        falls.period_kind,
        falls.period_start,
        falls.measure,
        numbered.dimension,
        numbered.dimension_value,
        numbered.period_number > falls.period_number - {{ half }} as is_later,
        cast(sum(numbered.answers) as bigint) as answers,
        cast(sum(numbered.favourable) as bigint) as favourable,
        cast(sum(numbered.unfavourable) as bigint) as unfavourable
    from falls
    inner join numbered
        on
            falls.period_kind = numbered.period_kind
            and falls.measure = numbered.metric
            and falls.period_number - {{ 2 * half }} < numbered.period_number
            and falls.period_number >= numbered.period_number
    group by
        falls.period_kind,
        falls.period_start,
        falls.measure,
        numbered.dimension,
        numbered.dimension_value,
        numbered.period_number > falls.period_number - {{ half }}

),

percents as (

    select
        *,
        {{ answer_percents() }}
    from halves

),

figures as (

    select
        *,
        {{ kpi_figure('measure') }} as figure,
        {{ kpi_figure('measure', -1) }} as figure_lower,
        {{ kpi_figure('measure', 1) }} as figure_upper
    from percents

),

later_half as (

    select * from figures
    where is_later

),

earlier_half as (

    select * from figures
    where not is_later

),

sides as (

    select
        coalesce(later.period_kind, earlier.period_kind) as period_kind,
        coalesce(later.period_start, earlier.period_start) as period_start,
        coalesce(later.measure, earlier.measure) as measure,
        coalesce(later.dimension, earlier.dimension) as dimension,
        coalesce(later.dimension_value, earlier.dimension_value) as dimension_value,
        coalesce(later.answers, 0) as answers,
        coalesce(earlier.answers, 0) as answers_before,
        later.figure,
        later.figure_lower,
        later.figure_upper,
        earlier.figure as figure_before,
        earlier.figure_lower as figure_before_lower,
        earlier.figure_upper as figure_before_upper
    from later_half as later
    full outer join earlier_half as earlier
        on
            later.period_kind = earlier.period_kind
            and later.period_start = earlier.period_start
            and later.measure = earlier.measure
            and later.dimension = earlier.dimension
            and later.dimension_value = earlier.dimension_value

),

totals as (

    select * from sides
    where dimension = 'all' and answers > 0 and answers_before > 0

),

changes as (

    select
        sides.period_kind,
        sides.period_start,
        sides.measure,
        sides.dimension,
        sides.dimension_value,
        sides.answers,
        sides.answers_before,
        sides.figure,
        sides.figure_before,
        sides.figure - sides.figure_before as change,
        {{ difference_interval('sides.figure', 'sides.figure_before', -1) }} as change_lower,
        {{ difference_interval('sides.figure', 'sides.figure_before', 1) }} as change_upper,
        1e0 * sides.answers / totals.answers as share,
        1e0 * sides.answers_before / totals.answers_before as share_before,
        totals.figure as total,
        totals.figure_before as total_before,
        count(*) over (partition by sides.period_kind, sides.period_start, sides.measure) as values_compared
    from sides
    inner join totals
        on
            sides.period_kind = totals.period_kind
            and sides.period_start = totals.period_start
            and sides.measure = totals.measure
    where sides.dimension <> 'all'

),

parts as (

    select
        *,
        {{ within_part('share', 'share_before', 'change') }} as within_points,
        {{ mix_part('share', 'share_before', 'figure', 'figure_before', 'total', 'total_before') }}
            as mix_points,
        -- The deepest of many falls is deep by chance alone: its interval is that of one of so many
        -- (Bonferroni).
        coalesce(
            change + (change_upper - change)
            * {{ normal_quantile_above('(0.025e0 / values_compared)') }} / {{ normal_quantile() }} < 0,
            false
        ) as is_told
    from changes

),

ranked as (

    select
        *,
        case
            when is_told then row_number() over (
                partition by period_kind, period_start, measure, is_told
                order by mix_points + within_points, dimension, dimension_value
            )
        end as fall_rank
    from parts

),

kpi_falls as (

    select
        period_kind,
        dimension,
        dimension_value,
        measure,

        case
            when answers_before = 0 then 'No answers in the earlier half.'
            when answers = 0 then 'No answers in the later half.'
        end as reason,

        fall_rank,
        figure,
        figure_before,
        change,
        change_lower,
        change_upper,
        mix_points,
        within_points,
        mix_points + within_points as points,
        total - total_before as total_change,
        answers,
        answers_before,

        is_told,

        period_start
    from ranked

)

select * from kpi_falls
