{%- set periods = var('kpi_trend_periods') -%}
{%- set industry = var('company_industry') -%}
{%- set main_dimensions = survey_dimensions(only_main=true) | map(attribute='name') | join("', '") %}

with

measures as (

    select * from {{ ref('fct_survey_measures') }}
    where
        period_kind in ('week', 'month')
        and measure in ('csat', 'nps', 'ces')
        and dimension in ('{{ main_dimensions }}')

),

kpi_targets as (

    select * from {{ ref('kpi_targets') }}

),

targets as (

    select
        measure,
        coalesce(
            max(case when industry = '{{ industry }}' then high_from end),
            max(case when industry = 'default' then high_from end)
        ) as high_from,
        coalesce(
            max(case when industry = '{{ industry }}' then flat_within end),
            max(case when industry = 'default' then flat_within end)
        ) as flat_within
    from kpi_targets
    group by measure

),

levels as (

    select
        *,
        {{ period_number('period_kind', 'period_start') }} as period_number,
        -- From the interval, because the usual standard error is 0 where all answers are alike.
        (figure_upper - figure_lower) / (2e0 * {{ normal_quantile() }}) as std_error
    from measures
    where answers > 0

),

points as (

    select
        levels.period_kind,
        levels.period_number,
        levels.dimension,
        levels.dimension_value,
        levels.measure,
        earlier.period_number - levels.period_number as place,
        earlier.answers,
        case
            when earlier.measure = 'nps' then earlier.favourable - earlier.unfavourable
            else earlier.favourable
        end as net_favourable,
        earlier.figure,
        earlier.std_error
    from levels
    inner join levels as earlier
        on
            levels.period_kind = earlier.period_kind
            and levels.dimension = earlier.dimension
            and levels.dimension_value = earlier.dimension_value
            and levels.measure = earlier.measure
            and levels.period_number - {{ periods }} < earlier.period_number
            and levels.period_number >= earlier.period_number

),

centred as (

    -- Weighed by answers: the line is that through the single answers.
    select
        *,
        place - 1e0 * sum(answers * place) over (
            partition by period_kind, period_number, dimension, dimension_value, measure
        ) / sum(answers) over (
            partition by period_kind, period_number, dimension, dimension_value, measure
        ) as place_apart,
        figure - 1e2 * sum(net_favourable) over (
            partition by period_kind, period_number, dimension, dimension_value, measure
        ) / sum(answers) over (
            partition by period_kind, period_number, dimension, dimension_value, measure
        ) as figure_apart
    from points

),

moments as (

    select
        period_kind,
        period_number,
        dimension,
        dimension_value,
        measure,
        count(*) as periods,
        {{ exact_sum('answers * place_apart * place_apart') }} as places_squared,
        {{ exact_sum('answers * place_apart * figure_apart') }} as places_by_figures,
        {{ exact_sum('answers * place_apart * std_error * answers * place_apart * std_error') }} as noise,
        {{ exact_sum('figure_apart * figure_apart / (std_error * std_error)') }} as figures_in_errors,
        {{ exact_sum('place_apart * figure_apart / (std_error * std_error)') }} as products_in_errors,
        {{ exact_sum('place_apart * place_apart / (std_error * std_error)') }} as places_in_errors
    from centred
    group by period_kind, period_number, dimension, dimension_value, measure

),

slopes as (

    select
        *,
        places_by_figures / places_squared as trend,
        sqrt(noise) / places_squared as sampling_error
    from moments
    where periods > 2

),

scatters as (

    -- How far the periods lie from the line, in standard errors: 1 where sampling alone moves them.
    select
        *,
        sqrt(greatest(
            0e0, figures_in_errors - 2e0 * trend * products_in_errors + trend * trend * places_in_errors
        ) / (periods - 2)) as scatter
    from slopes

),

trends as (

    -- Sampling is known and normal, scatter is estimated from few periods: whichever reaches farther counts.
    select
        *,
        sampling_error * greatest(1e0, scatter) as trend_std_error,
        sampling_error * greatest(
            {{ normal_quantile() }}, scatter * {{ student_quantile('(periods - 2)') }}
        ) as reach
    from scatters

),

changes as (

    select
        levels.period_kind,
        levels.period_number,
        levels.dimension,
        levels.dimension_value,
        levels.measure,
        levels.figure,
        levels.figure_lower,
        levels.figure_upper,
        levels.answers,
        levels.is_complete,
        levels.period_start,
        levels.period_end,
        levels.figure - earlier.figure as change,
        {{ difference_interval('levels.figure', 'earlier.figure', -1) }} as change_lower,
        {{ difference_interval('levels.figure', 'earlier.figure', 1) }} as change_upper,
        trends.trend,
        trends.trend_std_error,
        trends.trend - trends.reach as trend_lower,
        trends.trend + trends.reach as trend_upper,
        trends.periods,
        targets.high_from,
        targets.flat_within / {{ periods - 1 }}e0 as flat_slope
    from levels
    inner join targets on levels.measure = targets.measure
    left join levels as earlier
        on
            levels.period_kind = earlier.period_kind
            and levels.dimension = earlier.dimension
            and levels.dimension_value = earlier.dimension_value
            and levels.measure = earlier.measure
            and levels.period_number = earlier.period_number + 1
    left join trends
        on
            levels.period_kind = trends.period_kind
            and levels.dimension = trends.dimension
            and levels.dimension_value = trends.dimension_value
            and levels.measure = trends.measure
            and levels.period_number = trends.period_number

),

judged as (

    select
        *,
        case
            when trend_upper < 0 then 'falling'
            when trend_lower > 0 then 'rising'
            when trend_lower is not null and figure_lower >= high_from then 'high and holding'
            when trend_lower >= -flat_slope and trend_upper <= flat_slope then 'flat'
            else 'cannot be told'
        end as status
    from changes

),

runs as (

    -- Periods in a row of one status differ from their rank among those of the status by the same number.
    select
        *,
        period_number - row_number() over (
            partition by period_kind, dimension, dimension_value, measure, status
            order by period_number
        ) as run
    from judged

),

kpi_trends as (

    select
        period_kind,
        dimension,
        dimension_value,
        measure,

        status,
        case
            when trend is null then 'Answers in fewer than 3 of the last {{ periods }} periods.'
        end as reason,

        figure,
        figure_lower,
        figure_upper,
        change,
        change_lower,
        change_upper,
        trend,
        trend_std_error,
        trend_lower,
        trend_upper,
        answers,
        coalesce(periods, 0) as trend_periods,
        high_from,

        is_complete,

        period_start,
        period_end,
        min(period_start) over (
            partition by period_kind, dimension, dimension_value, measure, status, run
            order by period_number
        ) as status_since
    from runs

)

select * from kpi_trends
