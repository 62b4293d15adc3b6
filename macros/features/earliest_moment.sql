{#- A day as a timestamp literal: only a literal lets the engine skip older events.

    relation  where the day stands
    day       SQL of the day, an aggregate over the relation -#}
{% macro earliest_moment(relation, day) -%}
    {%- set found = run_query('select ' ~ day ~ ' from ' ~ relation).rows[0][0]
        if execute and load_relation(relation) is not none -%}
    {{ return("timestamp '" ~ (found or '0001-01-01') ~ "'") }}
{%- endmacro %}
