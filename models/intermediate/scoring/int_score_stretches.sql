-- A change is told stretch by stretch, each by one version: from the first day of a version, as it scores it,
-- to the first day of the next one, still as the version before scores it. Where that one cannot any more,
-- the stretch ends a day earlier.
{%- set as_of_day = literal_day(ref('int_as_of_date'), 'min(as_of_date)') %}
with

bases as (

    select * from {{ ref('int_base_scores') }}
    where score_date between {{ add_days(as_of_day, -29) }} and {{ as_of_day }}

),

scored_again as (

    select distinct
        score_date,
        model_version
    from {{ ref('int_customer_csat_by_version_before') }}
    where score_date between {{ add_days(as_of_day, -28) }} and {{ as_of_day }}

),

days as (

    select
        bases.score_date,
        bases.model_version,
        earlier.model_version as model_version_before,
        scored_again.score_date is not null as is_scored_by_version_before
    from bases
    inner join bases as earlier on bases.score_date = {{ add_days('earlier.score_date', 1) }}
    left join scored_again
        on bases.score_date = scored_again.score_date and earlier.model_version = scored_again.model_version

),

spans as (

    {% for span_days in change_spans() %}
    select
        {{ span_days }} as span_days,
        score_date as first_date,
        {{ as_of_day }} as score_date
    from bases
    where score_date = {{ add_days(as_of_day, -span_days) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

swaps as (

    select
        spans.span_days,
        days.score_date,
        days.is_scored_by_version_before
    from spans
    inner join days on spans.first_date < days.score_date
    where days.model_version <> days.model_version_before

),

starts as (

    select
        span_days,
        first_date as start_date
    from spans

    union all

    select
        span_days,
        score_date as start_date
    from swaps

),

ends as (

    select
        span_days,
        case
            when is_scored_by_version_before then score_date
            else {{ add_days('score_date', -1) }}
        end as end_date,
        is_scored_by_version_before,
        score_date as order_date
    from swaps

    union all

    select
        span_days,
        score_date as end_date,
        false as is_scored_by_version_before,
        {{ add_days('score_date', 1) }} as order_date
    from spans

),

numbered_starts as (

    select
        *,
        row_number() over (partition by span_days order by start_date) as stretch,
        count(*) over (partition by span_days) as stretches
    from starts

),

numbered_ends as (

    select
        *,
        row_number() over (partition by span_days order by order_date) as stretch
    from ends

),

stretches as (

    select
        starts.span_days,
        starts.stretch,
        starts.stretches,

        ends.is_scored_by_version_before as ends_by_version_before,

        starts.start_date,
        ends.end_date
    from numbered_starts as starts
    inner join numbered_ends as ends on starts.span_days = ends.span_days and starts.stretch = ends.stretch

)

select * from stretches
