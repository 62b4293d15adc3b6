with

row_counts as (

    select * from {{ ref('source_row_counts') }}

),

newest as (

    select coalesce(cast(max(last_event_at) as date), date '{{ run_started_at.date() }}') as newest_date
    from row_counts

),

as_of as (

    select
        coalesce(
            try_cast('{{ var("as_of_date") }}' as date),
            least(newest_date, date '{{ run_started_at.date() }}')
        ) as as_of_date,
        -- In a replay, what was loaded later is not yet known.
        {% set is_replay = var("as_of_date") | string != "" -%}
        cast(
            {{ "date '" ~ var("as_of_date") ~ "' + interval 1 day" if is_replay else "'9999-12-31'" }}
            as timestamp
        ) as known_before
    from newest

)

select * from as_of
