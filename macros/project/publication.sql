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
    {%- if flags.WHICH != 'build' or flags.EMPTY or unselected -%}
        {%- do refusal.update({'sentence': only_a_part()}) -%}
    {%- elif is_replay() -%}
        {%- do refusal.update({
            'sentence': 'the run shows an earlier day; leave as_of_date and known_at empty to publish'
        }) -%}
    {%- endif -%}
    {%- set relations = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.meta.get('is_published') -%}
        {%- if node.unique_id not in model.depends_on.nodes -%}
            {%- do exceptions.raise_compiler_error(
                'The model publication does not name ' ~ node.name ~ ', which is to be published: add dbt.ref("'
                ~ node.name ~ '") to it.'
            ) -%}
        {%- endif -%}
        {%- do relations.append([node.schema, node.alias]) -%}
    {%- endfor -%}
set variable csat_publication = '{{ tojson({
    "refusal": refusal["sentence"], "relations": relations, "source_location": source_location()
}) | replace("'", "''") }}'
    {%- endif -%}
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
            {% set publication = run_query('select * from ' ~ api.Relation.create(
                database=target.database, schema='monitoring', identifier='publication'
            )).rows[0] %}
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
            {% do print('Nothing was published, because ' ~ failed | join(', ') ~ ' failed.') %}
        {% else %}
            {% do print('Nothing was published: ' ~ only_a_part() ~ '.') %}
        {% endif %}
    {% endif %}
{% endmacro %}
