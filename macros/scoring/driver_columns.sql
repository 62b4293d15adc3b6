{#- Names of the drivers' columns among the scores. -#}
{% macro driver_columns() %}
    {%- set registry = ref('feature_definitions') -%}
    {%- if not execute or load_relation(registry) is none -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set columns = [] -%}
    {%- for row in run_query('select distinct driver from ' ~ registry ~ ' order by driver') -%}
        {%- do columns.append('driver_' ~ row['driver']) -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}
