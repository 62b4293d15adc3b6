{%- set today = run_started_at.date() -%}
{%- set as_of_date = var('as_of_date') -%}
{%- set known_at = var('known_at') -%}

with

row_counts as (

    select * from {{ ref('source_row_counts') }}

),

newest as (

    select coalesce(cast(max(last_event_at) as date), date '{{ today }}') as newest_date
    from row_counts

),

as_of as (

    select
        coalesce(
            try_cast('{{ as_of_date }}' as date),
            least(
                newest_date,
                coalesce(try_cast('{{ known_at }}' as date), date '{{ today }}')
            )
        ) as as_of_date,
        -- In a replay, what was loaded later is not yet known.
        coalesce(
            cast(try_cast('{{ known_at or as_of_date }}' as date) as timestamp)
            + interval 1 day,
            {{ end_of_time() }}
        ) as known_before
    from newest

)

select * from as_of
