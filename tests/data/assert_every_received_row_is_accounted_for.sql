-- Rows received are counted from the files themselves, the others from what staging made of them. A build
-- counts what it writes; `dbt test` counts all rows again.
with

row_counts as (

    select * from {{ ref('source_row_counts') }}

),

fates as (

    {% if execute and tests_see_all_rows() %}
    {# By name: with a reference to each table, whoever builds one of them would run this test. #}
    {% for source_table in contract_tables() %}
    ({{ fates_of(base_model_of(source_table)) }})
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
    {% else %}
    select
        'base_company__' || source_table as reader,
        rows_accepted,
        rows_superseded,
        rows_rejected,
        first_event_at,
        last_event_at,
        rows_forgotten
    from row_counts
    {% endif %}

)

select row_counts.*
from row_counts
left join fates on fates.reader = 'base_company__' || row_counts.source_table
where
    row_counts.rows_received is distinct from
    row_counts.rows_accepted + row_counts.rows_superseded + row_counts.rows_rejected
    + row_counts.rows_forgotten
    or row_counts.rows_accepted is distinct from fates.rows_accepted
    or row_counts.rows_superseded is distinct from fates.rows_superseded
    or row_counts.rows_rejected is distinct from fates.rows_rejected
    or row_counts.rows_forgotten is distinct from fates.rows_forgotten
    or row_counts.first_event_at is distinct from fates.first_event_at
    or row_counts.last_event_at is distinct from fates.last_event_at
