{#- Pre-hook of `publication`: hands it what to publish, or why nothing is to be published. Readers
    only get what one whole build with all its tests has made. -#}
{% macro request_publication() %}
    {%- if execute -%}
    {%- set refusal = {'sentence': none} -%}
    {%- set unselected = [] -%}
    {%- for node in graph.nodes.values()
        if node.resource_type in ['model', 'seed', 'snapshot', 'test'] and node.unique_id not in selected_resources -%}
        {%- do unselected.append(node.name) -%}
    {%- endfor -%}
    {%- if target.type != 'duckdb' -%}
        {%- do refusal.update({
            'sentence': 'readers of ' ~ target.name ~ ' open its own tables, which need no publication'
        }) -%}
    {%- elif is_replay() -%}
        {%- do refusal.update({
            'sentence': 'the run shows an earlier day; leave as_of_date and known_at empty to publish'
        }) -%}
    {%- elif flags.WHICH != 'build' or flags.EMPTY or unselected -%}
        {%- do refusal.update({'sentence': only_a_part()}) -%}
    {%- endif -%}
    {%- set relations = [] -%}
    {%- set histories = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.meta.get('is_published') -%}
        {%- if node.unique_id not in model.depends_on.nodes -%}
            {%- do exceptions.raise_compiler_error(
                'The model publication does not name ' ~ node.name ~ ', which is to be published: add dbt.ref("'
                ~ node.name ~ '") to it.'
            ) -%}
        {%- endif -%}
            {%- do relations.append([node.schema, node.alias]) -%}
        {%- set history = node.config.meta.get('published_history') -%}
        {%- if history -%}
            {%- set checksums = ref(history['checksums']) -%}
            {%- do histories.append({
                'schema': node.schema, 'name': node.alias, 'checksums': [checksums.schema, checksums.identifier],
                'key': history['key'], 'days_looked_back': history['days_looked_back'],
                'days_open': var('late_arrival_days') + 1
            }) -%}
        {%- endif -%}
    {%- endfor -%}
set variable csat_publication = '{{ tojson({
    "refusal": refusal["sentence"], "relations": relations, "histories": histories,
    "source_location": source_location(), "keep_generations": var("keep_generations"),
    "with_parquet": var("publish_parquet")
}) | replace("'", "''") }}'
    {%- endif -%}
{% endmacro %}


{#- Before a run changes anything: takes back what the one before has said of its publication, so that
    `csat publish` does not put into the readers' place what a run has left half done. -#}
{% macro begin_publication() %}
    {%- if execute and flags.WHICH in ['build', 'run', 'retry', 'seed'] and load_relation(publication_row()) -%}
        {%- do refuse_forgotten_source() -%}
update {{ publication_row() }} set
    is_published = false,
    has_failed = false,
    refusal = '{{ flags.WHICH }} of {{ run_started_at.strftime('%Y-%m-%d %H:%M:%S') }} UTC has not come to its end; '
        || 'run `dbt build` to publish'
    {%- endif -%}
{% endmacro %}


{#- Stops a run that would put the bundled company, or whatever the var names, into a build file of another one,
    because CSAT_SOURCE was forgotten. -#}
{% macro refuse_forgotten_source() %}
    {%- set names = adapter.get_columns_in_relation(publication_row()) | map(attribute='name') | list -%}
    {%- if not env_var('CSAT_SOURCE', '') and 'request' in names -%}
        {%- for row in run_query(
            'select ' ~ json_text('request', 'source_location') ~ ' as holds from ' ~ publication_row()
        ).rows if row['holds'] and row['holds'] != source_location() -%}
            {%- do exceptions.raise_compiler_error(
                'The build file holds the data of ' ~ row['holds'] ~ ', and CSAT_SOURCE is not set: set it to '
                ~ row['holds'] ~ ', or name another build file by CSAT_BUILD_FILE.'
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}


{#- What the last run published, or why it did not. -#}
{% macro publication_row() -%}
    {{ return(api.Relation.create(database=target.database, schema='monitoring', identifier='publication')) }}
{%- endmacro %}


{#- Notes why a run that did not come to the model `publication` published nothing. -#}
{% macro note_refusal(sentence) %}
    {% if load_relation(publication_row()) %}
        {% do run_query(
            "update " ~ publication_row() ~ " set refusal = '" ~ sentence | replace("'", "''") ~ "'"
        ) %}
    {% endif %}
{% endmacro %}


{#- Whether the run shows an earlier day, which is nothing for readers of the newest one. -#}
{% macro is_replay() %}
    {% set last_day = var('known_at') or var('as_of_date') %}
    {% if not last_day %}
        {{ return(false) }}
    {% endif %}
    {{ return(run_query(
        "select count(*) from " ~ ref('source_row_counts') ~ " where cast(last_event_at as date) > date '"
        ~ last_day ~ "'"
    ).rows[0][0] > 0) }}
{% endmacro %}


{% macro only_a_part() -%}
    {{ return('this run was only a part of the project; run `dbt build` to publish') }}
{%- endmacro %}


{#- Says at the end of a run whether readers have got something new, and if not, why. -#}
{% macro report_publication(results) %}
    {% if execute and flags.WHICH in ['build', 'run', 'retry'] %}
        {% set ran = [] %}
        {% set failed = [] %}
        {% for result in results %}
            {% if result.node.name == 'publication' and result.status == 'success' %}
                {% do ran.append(result) %}
            {% elif result.status in ['error', 'fail', 'runtime error'] %}
                {% do failed.append(result.node.name) %}
            {% endif %}
        {% endfor %}
        {% if ran %}
            {% set publication = run_query('select * from ' ~ publication_row()).rows[0] %}
            {% if publication['is_published'] %}
                {% do print(
                    'Published ' ~ publication['tables'] ~ ' tables with ' ~ publication['rows'] ~ ' rows to '
                    ~ publication['published_file'] ~ ', from ' ~ publication['source_location'] ~ '.'
                ) %}
            {% elif not publication['has_failed'] %}
                {% do print('Nothing was published: ' ~ publication['refusal'] ~ '.') %}
            {% else %}
                {% do exceptions.raise_compiler_error('Nothing was published: ' ~ publication['refusal']) %}
            {% endif %}
        {% elif failed %}
            {% do note_refusal('the last run did not succeed, because ' ~ failed | join(', ') ~ ' failed') %}
            {% do print('Nothing was published, because ' ~ failed | join(', ') ~ ' failed.') %}
        {% else %}
            {% do note_refusal(only_a_part()) %}
            {% do print('Nothing was published: ' ~ only_a_part() ~ '.') %}
        {% endif %}
    {% endif %}
{% endmacro %}
