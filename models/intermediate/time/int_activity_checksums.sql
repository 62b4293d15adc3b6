{%- set completed = existing_relation('monitoring', 'completed_dates') -%}
{%- set first_day = add_days(
    'least(' ~ literal_day(ref('int_as_of_date'), 'min(as_of_date)') ~ ', '
    ~ (literal_day(completed, 'max(score_date)') if completed is not none else "date '9999-12-31'") ~ ')',
    1 - var('late_arrival_days')
) -%}

with

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

activity as (

    {% for name in activity_models() %}
    select
        cast(activity.known_from as date) as known_date,
        {{ row_checksum(ref(name), 'activity', except=['known_until']) }} as checksum
    from {{ ref(name) }} as activity
    inner join as_of
        on
            activity.counts_as_loaded_at < as_of.known_before
            and activity.known_from < {{ add_days('as_of.as_of_date', 1) }}
    where
        activity.known_from >= {{ first_day }}
        -- Nothing is known much before it is loaded; this lets the engine skip what is old.
        and activity.loaded_at >= {{ add_days(first_day, -1 - var('future_tolerance_days')) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

checksums as (

    select
        known_date,
        count(*) as known_rows,
        cast(sum(checksum) as varchar) as checksum
    from activity
    group by known_date

)

select * from checksums
