{%- set spans = [1, 7, 28] -%}

with

daily as (

    -- Of all days that the days of this run look back on.
    select * from {{ ref('int_segment_ledger_daily') }}
    where score_date > {{ first_due_day() }} - {{ spans | max }}

),

days_due as (

    select score_date from {{ ref('int_score_dates') }}
    where is_due

),

told_days as (

    select distinct
        score_date,
        segment_id,
        segment_value
    from daily

),

spans as (

    {% for days in spans %}
    select {{ days }} as span_days
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

whole_spans as (

    -- Where a day is not told, what is between is not known either.
    select
        days_due.score_date,
        spans.span_days,
        told_days.segment_id,
        told_days.segment_value
    from days_due
    cross join spans
    inner join told_days
        on
            days_due.score_date >= told_days.score_date
            and days_due.score_date - spans.span_days < told_days.score_date
    group by days_due.score_date, spans.span_days, told_days.segment_id, told_days.segment_value
    having count(*) = spans.span_days

),

segment_ledger as (

    select
        whole_spans.score_date,
        cast(whole_spans.span_days as bigint) as span_days,
        daily.segment_id,
        daily.segment_value,
        daily.component,
        daily.part,
        {{ exact_sum('daily.points') }} as points
    from whole_spans
    inner join daily
        on
            whole_spans.segment_id = daily.segment_id
            and whole_spans.segment_value = daily.segment_value
            and whole_spans.score_date >= daily.score_date
            and whole_spans.score_date - whole_spans.span_days < daily.score_date
    group by
        whole_spans.score_date,
        whole_spans.span_days,
        daily.segment_id,
        daily.segment_value,
        daily.component,
        daily.part

)

select * from segment_ledger
