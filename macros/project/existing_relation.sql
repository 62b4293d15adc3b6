{#- The relation of a later model of this run, as earlier runs have left it; none on the first run and
    on a full refresh. The one way to read what `ref` cannot, because it comes later.

    What it holds must have been written by finished runs only. -#}
{% macro existing_relation(schema, name) %}
    {% if not execute or flags.FULL_REFRESH %}
        {{ return(none) }}
    {% endif %}
    {{ return(load_relation(api.Relation.create(database=target.database, schema=schema, identifier=name))) }}
{% endmacro %}
