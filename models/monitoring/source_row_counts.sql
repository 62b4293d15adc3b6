{%- set source_tables = contract_tables() -%}

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

    {% for source_table in source_tables %}
    select
        '{{ source_table }}' as source_table,
        count(*) filter (where rejection_rule is null and superseded_at is null) as rows_accepted,
        count(*) filter (where rejection_rule is null and superseded_at is not null) as rows_superseded,
        count(*) filter (where rejection_rule is not null) as rows_rejected,
        min({{ event_time(source_table) }}) filter (where rejection_rule is null) as first_event_at,
        max({{ event_time(source_table) }}) filter (where rejection_rule is null) as last_event_at
    from {{ ref('base_company__' ~ source_table) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

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
        fates.first_event_at,
        fates.last_event_at
    from received
    inner join fates on received.source_table = fates.source_table

)

select * from row_counts
