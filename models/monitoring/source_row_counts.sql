{%- for source_table in contract_tables() %}
-- depends_on: {{ ref('base_company__' ~ source_table) }}
{%- endfor %}
-- Counted as rows were written, so that a day is counted without its past.
with

received as (

    select
        source_table,
        max(format) as format,
        count(nullif(delivery, '')) as deliveries,
        cast(sum(rows_received) as bigint) as rows_received
    from {{ ref('source_inventory') }}
    group by source_table

),

fates as (

    select * from {{ rows_by_fate() }}

),

row_counts as (

    select
        received.source_table,
        received.format <> 'absent' as is_present,
        received.deliveries,
        received.rows_received,
        fates.rows_accepted,
        fates.rows_superseded,
        fates.rows_rejected,
        fates.rows_forgotten,
        fates.first_event_at,
        fates.last_event_at
    from received
    left join fates on fates.reader = 'base_company__' || received.source_table

)

select * from row_counts
