{#- What a run writes into the base models, kept in the transaction that writes it: how many rows have
    which fate, and which rows no test has seen yet. So a day is counted and tested without its past. -#}


{#- One row per base model: its rows by fate, and the times of the first and the last event. -#}
{% macro rows_by_fate() -%}
    {%- if not execute -%}
        {{ return('rows_by_fate') }}
    {%- endif -%}
    {{ return(api.Relation.create(database=target.database, schema='staging', identifier='rows_by_fate')) }}
{%- endmacro %}


{#- Keys written since the tests of a base model last passed, with when their oldest row was loaded. A
    row without a key, loaded before anything, stands for all rows. -#}
{% macro untested_rows() -%}
    {{ return(api.Relation.create(database=target.database, schema='staging', identifier='untested_rows')) }}
{%- endmacro %}


{#- Runs before every build, as create_read_deliveries does. -#}
{% macro create_written_rows() %}
create table if not exists {{ rows_by_fate() }} (
    reader varchar, rows_accepted bigint, rows_superseded bigint, rows_rejected bigint,
    first_event_at timestamp, last_event_at timestamp, rows_forgotten bigint
);
{{ add_rows_forgotten() }}create table if not exists {{ untested_rows() }} (
    reader varchar, record_key varchar, loaded_at timestamp
)
{% endmacro %}


{#- Statement that gives counts of earlier versions of the project the column that they lack. -#}
{% macro add_rows_forgotten() -%}
    {{ return(adapter.dispatch('add_rows_forgotten', 'csat')()) }}
{%- endmacro %}

{% macro duckdb__add_rows_forgotten() -%}
alter table {{ rows_by_fate() }} add column if not exists rows_forgotten bigint default 0;
{%- endmacro %}

{% macro spark__add_rows_forgotten() -%}
{%- endmacro %}


{#- Incremental strategy of the base models: rows take the place of all rows of their keys, and what that
    changes is counted. Deleted rows cannot be counted afterwards, so the count goes first. -#}
{% macro get_incremental_rows_of_keys_sql(arguments) %}
    {%- set rows = arguments['temp_relation'] -%}
    {%- set columns = get_quoted_csv(arguments['dest_columns'] | map(attribute='name')) -%}
    {%- set of_same_key = 'record_key in (select record_key from ' ~ rows ~ ')' -%}
    {%- set event_at = event_time(source_table_of(this)) -%}
    {%- set gone = 'change = -1 and rejection_rule is null' -%}
    {%- set come = 'change = 1 and rejection_rule is null' -%}
{{ note_changed_rows(rows) }}

update {{ rows_by_fate() }} as counts
set
    rows_accepted = counts.rows_accepted + changes.rows_accepted,
    rows_superseded = counts.rows_superseded + changes.rows_superseded,
    rows_rejected = counts.rows_rejected + changes.rows_rejected,
    rows_forgotten = counts.rows_forgotten + changes.rows_forgotten,
    -- Null where an end may have gone: it is then looked for among all rows.
    first_event_at = case
        when
            coalesce(changes.first_gone_at > counts.first_event_at, true)
            or changes.first_come_at <= counts.first_event_at
            then least(counts.first_event_at, changes.first_come_at)
    end,
    last_event_at = case
        when
            coalesce(changes.last_gone_at < counts.last_event_at, true)
            or changes.last_come_at >= counts.last_event_at
            then greatest(counts.last_event_at, changes.last_come_at)
    end
from (
    select
        coalesce(sum(change) filter (where rejection_rule is null and superseded_at is null), 0) as rows_accepted,
        coalesce(sum(change) filter (where rejection_rule is null and superseded_at is not null), 0)
            as rows_superseded,
        coalesce(sum(change) filter (where {{ is_rejected() }}), 0) as rows_rejected,
        coalesce(sum(change) filter (where rejection_rule = '{{ forgotten_rule() }}'), 0) as rows_forgotten,
        min(event_at) filter (where {{ gone }}) as first_gone_at,
        max(event_at) filter (where {{ gone }}) as last_gone_at,
        min(event_at) filter (where {{ come }}) as first_come_at,
        max(event_at) filter (where {{ come }}) as last_come_at
    from (
        select -1 as change, rejection_rule, superseded_at, {{ event_at }} as event_at
        from {{ this }}
        where {{ of_same_key }}
        union all
        select 1 as change, rejection_rule, superseded_at, {{ event_at }} as event_at
        from {{ rows }}
    ) as changed
) as changes
where counts.reader = '{{ this.identifier }}';

delete from {{ this }} where {{ of_same_key }};

insert into {{ this }} ({{ columns }})
select {{ columns }} from {{ rows }};

insert into {{ untested_rows() }}
select '{{ this.identifier }}' as reader, record_key, min(loaded_at) as loaded_at
from {{ rows }}
group by record_key
{% endmacro %}


{#- Pre-hook: where a model is not added to, what was counted of it before says nothing. -#}
{% macro forget_written_rows() %}
    {%- if execute and not is_incremental() -%}
{{ note_all_rows_changed() }}
delete from {{ rows_by_fate() }} where reader = '{{ this.identifier }}'
    {%- endif -%}
{% endmacro %}


{#- Post-hook: counts all rows, and has all tested, where the count of earlier runs does not hold. -#}
{% macro count_all_rows() %}
    {%- if execute and not run_query(
        "select 1 from " ~ rows_by_fate() ~ " where reader = '" ~ this.identifier
        ~ "' and first_event_at is not null and last_event_at is not null"
    ).rows -%}
delete from {{ rows_by_fate() }} where reader = '{{ this.identifier }}';
insert into {{ rows_by_fate() }}
{{ fates_of(this) }};
delete from {{ untested_rows() }} where reader = '{{ this.identifier }}';
insert into {{ untested_rows() }}
select '{{ this.identifier }}' as reader, null as record_key, timestamp '0001-01-01' as loaded_at
    {%- endif -%}
{% endmacro %}


{#- SELECT that counts the rows of a base model by fate, from the rows themselves. -#}
{% macro fates_of(relation) %}
    {%- set event_at = event_time(source_table_of(relation)) -%}
select
    '{{ relation.identifier }}' as reader,
    count(*) filter (where rejection_rule is null and superseded_at is null) as rows_accepted,
    count(*) filter (where rejection_rule is null and superseded_at is not null) as rows_superseded,
    count(*) filter (where {{ is_rejected() }}) as rows_rejected,
    min({{ event_at }}) filter (where rejection_rule is null) as first_event_at,
    max({{ event_at }}) filter (where rejection_rule is null) as last_event_at,
    count(*) filter (where rejection_rule = '{{ forgotten_rule() }}') as rows_forgotten
from {{ relation }}
{%- endmacro %}


{% macro base_model_of(source_table) -%}
    {{ return(api.Relation.create(
        database=target.database, schema='staging', identifier='base_company__' ~ source_table
    )) }}
{%- endmacro %}


{% macro source_table_of(base_model) -%}
    {{ return(base_model.identifier | replace('base_company__', '', 1)) }}
{%- endmacro %}


{#- Whether tests have to see all rows: `dbt build` need not where its base models have only been added to. -#}
{% macro tests_see_all_rows() -%}
    {{ return(flags.WHICH != 'build') }}
{%- endmacro %}


{#- Condition of the rows of a base model whose keys its tests have not seen. -#}
{% macro of_untested_keys(base_model) -%}
    {%- set of_reader = " from " ~ untested_rows() ~ " where reader = '" ~ base_model ~ "'" -%}
    {%- if not execute or tests_see_all_rows()
        or run_query("select 1" ~ of_reader ~ " and loaded_at = timestamp '0001-01-01'").rows -%}
        {{ return('true') }}
    {%- endif -%}
    {{ return('record_key in (select record_key' ~ of_reader ~ ')') }}
{%- endmacro %}


{#- Condition of rows that were loaded no earlier than the oldest untested row of some source tables. Two
    rows that are the same were loaded at the same time, so a new pair is among them.

    source_tables  names of the contract tables that the rows come from; none for all rows -#}
{% macro loaded_with_untested(source_tables) -%}
    {%- if not execute or not source_tables or tests_see_all_rows() -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set oldest = run_query(
        "select min(loaded_at) from " ~ untested_rows() ~ " where reader in ('base_company__"
        ~ source_tables | join("', 'base_company__") ~ "')"
    ).rows[0][0] -%}
    {{ return("loaded_at >= timestamp '" ~ oldest ~ "'" if oldest else 'false') }}
{%- endmacro %}


{#- At the end of a run: base models whose tests have all passed have no untested rows any more. -#}
{% macro forget_tested_rows(results) %}
    {%- set passed = {} -%}
    {%- for result in results if result.status == 'pass' -%}
        {%- do passed.update({result.node.unique_id: true}) -%}
    {%- endfor -%}
    {%- set tested = [] -%}
    {%- for source_table in contract_tables() if execute and passed -%}
        {%- set waiting = [] -%}
        {%- for test in graph.nodes.values() if test.get('test_metadata') and test.unique_id not in passed -%}
            {%- if source_table in test.test_metadata.kwargs.get('rows_of', [])
                or test.test_metadata.name == 'one_accepted_row_per_key'
                and (test.attached_node or '').endswith('.base_company__' ~ source_table) -%}
                {%- do waiting.append(test.name) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if not waiting -%}
            {%- do tested.append('base_company__' ~ source_table) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if tested -%}
delete from {{ untested_rows() }} where reader in ('{{ tested | join("', '") }}')
    {%- endif -%}
{% endmacro %}
