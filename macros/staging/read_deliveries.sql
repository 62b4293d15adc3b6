{#- Which deliveries each base model has read, and what it judged them by. The record is written in
    the transaction that writes the rows, so that a crash leaves both or neither. -#}


{% macro read_deliveries() -%}
    {{ return(api.Relation.create(database=target.database, schema='staging', identifier='read_deliveries')) }}
{%- endmacro %}


{#- Runs before every build: models write the record in parallel, so none of them may create it. -#}
{% macro create_read_deliveries() %}
create schema if not exists {{ read_deliveries().include(identifier=false) }};
create table if not exists {{ read_deliveries() }} (
    reader varchar, read_from varchar, delivery varchar, fingerprint varchar
)
{% endmacro %}


{#- What a base model has to do: `unread` deliveries (rows of the inventory), names of `withdrawn`
    ones (gone or replaced), and whether rows accepted before may have lost what they refer to. -#}
{% macro reading_plan(source_table) %}
    {% set deliveries = deliveries_of(source_table) %}
    {% if not is_incremental() %}
        {{ return({'unread': deliveries, 'withdrawn': [], 'has_lost_references': false}) }}
    {% endif %}
    {% set read = inputs_in(
        "select read_from, delivery, fingerprint from " ~ read_deliveries()
        ~ " where reader = '" ~ this.identifier ~ "'"
    ) %}
    {% set present = inputs_in(present_inputs(source_table)) %}
    {% set unread = [] %}
    {% for row in deliveries if (source_table, row['delivery'], row['fingerprint']) not in read %}
        {% do unread.append(row) %}
    {% endfor %}
    {% set withdrawn = [] %}
    {% set lost = [] %}
    {% for input in read if input not in present %}
        {% do (withdrawn if input[0] == source_table else lost).append(input[1]) %}
    {% endfor %}
    {{ return({'unread': unread, 'withdrawn': withdrawn, 'has_lost_references': lost | length > 0}) }}
{% endmacro %}


{#- SELECT of everything that a base model's rows depend on now: deliveries of its own table and of
    the customers (those that were read into their model, which may be behind the inventory), the
    seeds that say what a valid answer is, and what counts as future. -#}
{% macro present_inputs(source_table) %}
select source_table as read_from, delivery, fingerprint
from {{ ref('source_inventory') }}
where delivery <> '' and source_table = '{{ source_table }}'
{%- set columns = contract_columns(source_table) %}
{%- if 'customer_id' in columns and source_table != 'customers' %}
union all
select read_from, delivery, fingerprint
from {{ read_deliveries() }}
where reader = 'base_company__customers' and read_from = 'customers'
{%- endif %}
union all
select 'future_tolerance_days', 'var', '{{ var('future_tolerance_days') }}'
{%- for node in graph.nodes.values()
    if 'instrument_id' in columns and node.name in ['survey_instruments', 'survey_scale_answers'] %}
union all
select '{{ node.name }}', 'seed', '{{ node.checksum.checksum }}'
{%- endfor %}
{% endmacro %}


{% macro inputs_in(query) %}
    {% set inputs = {} %}
    {% for row in run_query(query) %}
        {% do inputs.update({(row[0], row[1], row[2]): true}) %}
    {% endfor %}
    {{ return(inputs) }}
{% endmacro %}


{#- Pre-hook: rows without a record of what they were read from are read afresh. -#}
{% macro drop_unrecorded_rows() %}
    {%- if execute and is_incremental() -%}
delete from {{ this }}
where not exists (select 1 from {{ read_deliveries() }} where reader = '{{ this.identifier }}')
    {%- endif -%}
{% endmacro %}


{#- Post-hooks: rows of withdrawn deliveries go, and what was read is recorded. -#}
{% macro drop_withdrawn_rows() %}
    {%- set source_table = this.identifier | replace('base_company__', '', 1) -%}
    {%- set withdrawn = reading_plan(source_table)['withdrawn'] if execute and is_incremental() else [] -%}
    {%- if withdrawn -%}
        {%- set there = deliveries_of(source_table) | map(attribute='delivery') | list -%}
        {%- set gone = withdrawn | reject('in', there) | list -%}
        {%- if gone -%}
            {%- do print(
                'Of ' ~ source_table ~ ' ' ~ gone | length ~ ' deliveries that were read before are gone, and '
                ~ 'their rows with them: ' ~ gone[:3] | join(', ') ~ (', …' if gone | length > 3 else '') ~ '.'
            ) -%}
        {%- endif -%}
delete from {{ this }}
where not exists (
    select 1
    from {{ ref('source_inventory') }} as inventory
    where
        inventory.source_table = '{{ source_table }}'
        and inventory.delivery = {{ this }}.delivery
        and inventory.fingerprint = {{ this }}.fingerprint
)
    {%- endif -%}
{% endmacro %}

{% macro forget_read_deliveries() %}
delete from {{ read_deliveries() }} where reader = '{{ this.identifier }}'
{% endmacro %}

{% macro record_read_deliveries() %}
    {%- set source_table = this.identifier | replace('base_company__', '', 1) -%}
    {%- if execute -%}
insert into {{ read_deliveries() }}
select '{{ this.identifier }}' as reader, inputs.*
from ({{ present_inputs(source_table) }}) as inputs
    {%- endif -%}
{% endmacro %}
