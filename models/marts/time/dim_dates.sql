with

row_counts as (

    select * from {{ ref('source_row_counts') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

score_dates as (

    select * from {{ ref('int_score_dates') }}

),

first_events as (

    -- Not of customers, agents and programs, who may be older than the company's records by decades.
    select min(cast(first_event_at as date)) as event_date
    from row_counts
    where source_table not in ('customers', 'customer_attributes', 'agents', 'programs')

),

first_scores as (

    select min(score_date) as score_date
    from score_dates

),

days as (

    -- Named as days_from_to names the day.
    {{ days_from_to(
        'least(as_of.as_of_date, coalesce(first_events.event_date, as_of.as_of_date), first_scores.score_date)',
        'as_of.as_of_date'
    ) }}
    from as_of
    cross join first_events
    cross join first_scores

),

dates as (

    select
        days.score_date as date_day,

        year(days.score_date) as calendar_year,
        -- Engines count weekdays from different days; the first of January 2001 was a Monday.
        (({{ days_between("date '2001-01-01'", 'days.score_date') }} % 7) + 7) % 7 + 1 as iso_weekday,

        score_dates.score_date is not null as is_scored,

        cast(date_trunc('week', days.score_date) as date) as week_start,
        cast(date_trunc('month', days.score_date) as date) as month_start,
        cast(date_trunc('quarter', days.score_date) as date) as quarter_start
    from days
    left join score_dates on days.score_date = score_dates.score_date

)

select * from dates
