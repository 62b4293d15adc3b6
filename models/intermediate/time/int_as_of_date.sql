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
            least(
                newest_date,
                coalesce(try_cast('{{ var("known_at") }}' as date), date '{{ run_started_at.date() }}')
            )
        ) as as_of_date,
        -- In a replay, what was loaded later is not yet known.
        coalesce(
            cast(try_cast('{{ var("known_at") or var("as_of_date") }}' as date) as timestamp) + interval 1 day,
            {{ end_of_time() }}
        ) as known_before
    from newest

)

select * from as_of
