{#- Tables are files: what is written is written beside what is there, and takes its place at the end. -#}


{#- Column that a table has a folder per value of: the day, where days are written anew. -#}
{% macro sparksession_partition() -%}
    {{ return('score_date' if config.get('unique_key') == 'score_date' else none) }}
{%- endmacro %}


{#- Writes a model's rows as a table of a name, with the types of its contract where it has one. -#}
{% macro sparksession_write(relation, compiled_code, language, partition) %}
    {%- if language == 'python' -%}
        {%- do adapter.write_python_model(relation, compiled_code, partition) -%}
    {%- else -%}
        {%- set contract = config.get('contract') -%}
        {%- if contract and contract.enforced -%}
            {%- set columns = [] -%}
            {%- for column in model.columns.values() -%}
                {%- do columns.append('cast(' ~ column.name ~ ' as ' ~ column.data_type ~ ') as ' ~ column.name) -%}
            {%- endfor -%}
            {%- set compiled_code = 'select ' ~ columns | join(', ') ~ ' from (' ~ compiled_code ~ ') as model' -%}
        {%- endif -%}
        {%- do adapter.write_query(relation, compiled_code, partition) -%}
    {%- endif -%}
    {%- do store_raw_result('main', message='OK', code='OK', rows_affected=none) -%}
{% endmacro %}


{% macro sparksession__create_view_as(relation, sql) -%}
create or replace view {{ relation }} {{ comment_clause() }} as {{ adapter.translated(sql) }}
{%- endmacro %}


{% materialization table, adapter='sparksession', supported_languages=['sql', 'python'] %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set there = load_relation(this) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks) }}
    {%- if there is not none and there.is_view -%}
        {%- do adapter.drop_relation(there) -%}
    {%- endif -%}
    {%- do sparksession_write(target_relation, compiled_code, model['language'], none) -%}
    {{ run_hooks(post_hooks) }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{% materialization incremental, adapter='sparksession', supported_languages=['sql', 'python'] %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set there = load_relation(this) -%}
    {%- set partition = sparksession_partition() -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks) }}
    {%- if there is none or there.is_view or should_full_refresh() -%}
        {%- if there is not none and there.is_view -%}
            {%- do adapter.drop_relation(there) -%}
        {%- endif -%}
        {%- do sparksession_write(target_relation, compiled_code, model['language'], partition) -%}
    {%- else -%}
        {%- set rows = this.incorporate(path={'identifier': this.identifier ~ '__rows'}) -%}
        {%- do sparksession_write(rows, compiled_code, model['language'], none) -%}
        {%- if config.get('incremental_strategy') == 'append' -%}
            {%- do adapter.append_rows(rows, target_relation) -%}
        {%- elif config.get('incremental_strategy') == 'delete+insert' -%}
            {%- set key = config.get('unique_key') -%}
            {%- do adapter.replace_rows(rows, target_relation, [key] if key is string else key, partition) -%}
        {%- else -%}
            {%- set strategy = adapter.get_incremental_strategy_macro(context, config.get('incremental_strategy')) -%}
            {%- do run_query(strategy({
                'target_relation': target_relation, 'temp_relation': rows, 'unique_key': config.get('unique_key'),
                'dest_columns': adapter.get_columns_in_relation(rows), 'incremental_predicates': none
            })) -%}
        {%- endif -%}
        {%- call statement('drop_rows') -%}
            drop table if exists {{ rows }}
        {%- endcall -%}
    {%- endif -%}
    {{ run_hooks(post_hooks) }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{% materialization seed, adapter='sparksession' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks) }}
    {%- set table = load_agate_table() -%}
    {%- do store_result('agate_table', response='OK', agate_table=table) -%}
    {%- do adapter.load_seed(target_relation, table, config.get('column_types') or {}) -%}
    {%- do store_raw_result('main', message='INSERT ' ~ table.rows | length, code='INSERT', rows_affected=table.rows | length) -%}
    {{ run_hooks(post_hooks) }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
