{#- Which deliveries each base model has read, and what it judged them by. The record is written in
    the transaction that writes the rows, so that a crash leaves both or neither. -#}


{% macro read_deliveries() -%}
    {{ return(api.Relation.create(database=target.database, schema='staging', identifier='read_deliveries')) }}
{%- endmacro %}


{#- One row per base model and time at which it lost deliveries: what others judged by it may not hold. -#}
{% macro lost_deliveries() -%}
    {{ return(api.Relation.create(database=target.database, schema='staging', identifier='lost_deliveries')) }}
{%- endmacro %}


{#- Runs before every build: models write the record in parallel, so none of them may create it. -#}
{% macro create_read_deliveries() %}
create schema if not exists {{ read_deliveries().include(identifier=false) }};
create table if not exists {{ read_deliveries() }} (
    reader varchar, read_from varchar, delivery varchar, fingerprint varchar
);
create table if not exists {{ lost_deliveries() }} (reader varchar, lost_at timestamp)
{% endmacro %}


{#- What a base model has to do: `unread` deliveries (rows of the inventory), names of `withdrawn`
    ones (gone or replaced), and whether rows accepted before may have lost what they refer to. -#}
{% macro reading_plan(source_table) %}
    {% do stop_at_problems_of(source_table) %}
    {% set plan = {'unread': [], 'withdrawn': [], 'has_lost_references': false} %}
    {% set changes = changed_inputs(source_table) if is_incremental() else deliveries_of(source_table) %}
    {% for row in changes %}
        {% if row['change'] == 'gone' and row['read_from'] == source_table %}
            {% do plan['withdrawn'].append(row['delivery']) %}
        {% elif row['change'] == 'gone' %}
            {% do plan.update({'has_lost_references': true}) %}
        {% elif row['format'] and row['format'] not in ['absent', 'empty'] %}
            {% do plan['unread'].append(row) %}
        {% endif %}
    {% endfor %}
    {{ return(plan) }}
{% endmacro %}


{#- Inputs of a base model that are `new` or `gone` since it recorded what it had read. Only what differs
    is fetched: a company of ten years has thousands of deliveries. -#}
{% macro changed_inputs(source_table) %}
    {{ return(run_query(
        "select case when recorded.reader is null then 'new' else 'gone' end as change, read_from, delivery,"
        ~ " fingerprint, present.place, present.format, present.reader, present.columns_found"
        ~ " from (select reader, read_from, delivery, fingerprint from " ~ read_deliveries()
        ~ " where reader = '" ~ this.identifier ~ "') as recorded full join (" ~ present_inputs(source_table)
        ~ ") as present using (read_from, delivery, fingerprint)"
        ~ " where recorded.reader is null or present.format is null order by read_from, delivery"
    ).rows | list) }}
{% endmacro %}


{#- SELECT of everything that a base model's rows depend on now: deliveries of its own table, how often the
    customers lost some (in their model, which may be behind the inventory), the seeds that say what a
    valid answer is, and what counts as future. -#}
{% macro present_inputs(source_table) %}
select source_table as read_from, delivery, fingerprint, place, format, reader, columns_found
from {{ ref('source_inventory') }}
where delivery <> '' and source_table = '{{ source_table }}'
{%- set columns = contract_columns(source_table) %}
{%- if 'customer_id' in columns and source_table != 'customers' %}
union all
select 'customers', 'lost', cast(count(*) as varchar), '', '', '', ''
from {{ lost_deliveries() }}
where reader = 'base_company__customers'
{%- endif %}
union all
select 'future_tolerance_days', 'var', '{{ var('future_tolerance_days') }}', '', '', '', ''
{%- for node in graph.nodes.values()
    if 'instrument_id' in columns and node.name in ['survey_instruments', 'survey_scale_answers'] %}
union all
select '{{ node.name }}', 'seed', '{{ node.checksum.checksum }}', '', '', '', ''
{%- endfor %}
{% endmacro %}


{#- Pre-hook: rows without a record of what they were read from are read afresh. -#}
{% macro drop_unrecorded_rows() %}
    {%- if execute and is_incremental() and not run_query(
        "select 1 from " ~ read_deliveries() ~ " where reader = '" ~ this.identifier ~ "' limit 1"
    ).rows -%}
{{ note_all_rows_changed() }}
delete from {{ rows_by_fate() }} where reader = '{{ this.identifier }}';
delete from {{ this }}
    {%- endif -%}
{% endmacro %}


{#- Post-hook: rows of withdrawn deliveries go, and what was read is recorded. -#}
{% macro settle_deliveries() %}
    {%- set source_table = source_table_of(this) -%}
    {%- set new = [] -%}
    {%- set gone = [] -%}
    {%- set withdrawn = [] -%}
    {%- for row in (changed_inputs(source_table) if execute else []) -%}
        {%- set input = "('" ~ [row['read_from'], row['delivery'], row['fingerprint']] | map('replace', "'", "''")
            | join("', '") ~ "')" -%}
        {%- do (new if row['change'] == 'new' else gone).append(input) -%}
        {%- if row['change'] == 'gone' and row['read_from'] == source_table -%}
            {%- do withdrawn.append(row['delivery']) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if withdrawn -%}
        {%- do tell_gone_deliveries(source_table, withdrawn) %}
{{ note_all_rows_changed() }}
insert into {{ lost_deliveries() }} values ('{{ this.identifier }}', timestamp '{{ run_started_at.replace(tzinfo=none) }}');
delete from {{ rows_by_fate() }} where reader = '{{ this.identifier }}';
delete from {{ this }}
where not exists (
    select 1
    from {{ ref('source_inventory') }} as inventory
    where
        inventory.source_table = '{{ source_table }}'
        and inventory.delivery = {{ this }}.delivery
        and inventory.fingerprint = {{ this }}.fingerprint
);
    {%- endif %}
    {%- if gone %}
delete from {{ read_deliveries() }}
where reader = '{{ this.identifier }}' and (read_from, delivery, fingerprint) in ({{ gone | join(', ') }});
    {%- endif %}
    {%- if new %}
insert into {{ read_deliveries() }}
select '{{ this.identifier }}' as reader, read_from, delivery, fingerprint
from (values {{ new | join(', ') }}) as inputs (read_from, delivery, fingerprint)
    {%- endif %}
{% endmacro %}


{% macro tell_gone_deliveries(source_table, withdrawn) %}
    {%- set there = deliveries_of(source_table) | map(attribute='delivery') | list -%}
    {%- set gone = withdrawn | reject('in', there) | list -%}
    {%- if gone -%}
        {%- do print(
            'Of ' ~ source_table ~ ' ' ~ gone | length ~ ' deliveries that were read before are gone, and '
            ~ 'their rows with them: ' ~ gone[:3] | join(', ') ~ (', …' if gone | length > 3 else '') ~ '.'
        ) -%}
    {%- endif -%}
{% endmacro %}
