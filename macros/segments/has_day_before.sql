{#- Whether segment_changes has compared with the day before, as an earlier run has left it. A run without a
    day due has nothing to compare. -#}
{% macro has_day_before() %}
    {%- set placements = ref('segment_placements') -%}
    {%- set kept = existing_relation('intermediate', 'int_recent_placements') -%}
    {%- if not execute or kept is none or load_relation(placements) is none -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set found = run_query(
        'select count(*) = 0 or (select count(*) from ' ~ kept ~ ' where score_date = ' ~ first_due_day() ~ ' - 1'
        ~ ' and definitions = (select min(definitions) from ' ~ placements ~ ')) > 0 from ' ~ placements
    ) -%}
    {{ return(found.rows[0][0]) }}
{% endmacro %}
