{#- A day as a DATE literal, found while the query is written: only a literal lets the engine skip what
    is older. Before anything is built it is the year 1.

    relation  where the day stands
    day       SQL of the day, an aggregate over the relation -#}
{% macro literal_day(relation, day) -%}
    {%- set found = run_query('select ' ~ day ~ ' from ' ~ relation).rows[0][0]
        if execute and relation.schema and load_relation(relation) is not none -%}
    {{ return("date '" ~ (found or '0001-01-01') ~ "'") }}
{%- endmacro %}


{#- The first day that this run scores; the day after the last one where none is due. -#}
{% macro first_due_day() -%}
    {%- set dates = ref('int_score_dates') -%}
    {{ return(literal_day(
        dates, 'coalesce(min(case when is_due then score_date end), max(score_date) + 1)'
    )) }}
{%- endmacro %}
