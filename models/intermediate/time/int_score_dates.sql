{%- set completed = existing_relation('monitoring', 'completed_dates') -%}

with

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

row_counts as (

    select * from {{ ref('source_row_counts') }}

),

checksums as (

    select * from {{ ref('int_activity_checksums') }}

),

completed as (

    {% if completed is not none %}
    {{ refuse_going_back(completed) }}
    select * from {{ completed }}
    {% else %}
    select
        cast(null as date) as score_date,
        cast(null as varchar) as activity_checksum
    where false
    {% endif %}

),

completed_dates as (

    select
        min(score_date) as first_date,
        max(score_date) as last_date
    from completed

),

first_event as (

    select min(cast(first_event_at as date)) as event_date
    from row_counts
    where
        source_table in (
            'contacts', 'bills', 'payments', 'interruptions', 'engagement_events', 'customer_signals',
            'survey_responses'
        )

),

first_day as (

    -- The history never loses its first day, however long it grows.
    select
        least(
            as_of.as_of_date,
            coalesce(
                completed_dates.first_date,
                greatest(
                    {{ add_days('as_of.as_of_date', 1 - var('backfill_days')) }},
                    coalesce(first_event.event_date, as_of.as_of_date)
                )
            )
        ) as first_date,
        as_of.as_of_date
    from as_of
    cross join first_event
    cross join completed_dates

),

days as (

    {{ days_from_to('first_day.first_date', 'first_day.as_of_date') }}
    from first_day

),

changed as (

    select min(days.score_date) as first_date
    from days
    cross join completed_dates
    left join completed on days.score_date = completed.score_date
    left join checksums on days.score_date = checksums.known_date
    where
        completed.score_date is null
        or (
            days.score_date > {{ add_days('completed_dates.last_date', -var('late_arrival_days')) }}
            and coalesce(completed.activity_checksum, '') <> coalesce(checksums.checksum, '')
        )

),

score_dates as (

    select
        days.score_date,
        checksums.checksum as activity_checksum,
        as_of.known_before,
        coalesce(days.score_date >= changed.first_date, false) as is_due
    from days
    cross join changed
    cross join as_of
    left join checksums on days.score_date = checksums.known_date

)

select * from score_dates
