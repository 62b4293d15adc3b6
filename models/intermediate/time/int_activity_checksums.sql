{%- set completed = existing_relation('monitoring', 'completed_dates') -%}

with

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

last_completed as (

    {% if completed is not none %}
    select max(score_date) as score_date
    from {{ completed }}
    {% else %}
    select cast(null as date) as score_date
    {% endif %}

),

first_day as (

    select
        {{ add_days('least(coalesce(last_completed.score_date, as_of.as_of_date), as_of.as_of_date)',
            1 - var('late_arrival_days')) }} as first_date,
        as_of.as_of_date,
        as_of.known_before
    from as_of
    cross join last_completed

),

activity as (

    {% for name in activity_models() %}
    select
        cast(activity.known_from as date) as known_date,
        {{ row_checksum(ref(name), 'activity', except=['known_until']) }} as checksum
    from {{ ref(name) }} as activity
    inner join first_day
        on
            activity.known_from >= first_day.first_date
            -- Nothing is known much before it is loaded; this lets the engine skip what is old.
            and activity.loaded_at >= {{ add_days('first_day.first_date', -1 - var('future_tolerance_days')) }}
            and activity.loaded_at < first_day.known_before
            and activity.known_from < {{ add_days('first_day.as_of_date', 1) }}
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
