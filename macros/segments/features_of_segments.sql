{#- Names of the features that definitions of segments speak of, by word. -#}
{% macro features_of_segments() %}
    {%- set definitions, registry = ref('segment_definitions'), ref('feature_definitions') -%}
    {%- if not execute or load_relation(definitions) is none or load_relation(registry) is none -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set words = {} -%}
    {%- for row in run_query(
        "select coalesce(condition, '') || ' ' || coalesce(dimension, '') || ' ' || coalesce(second_dimension, '')"
        ~ ' as said from ' ~ definitions
    ) -%}
        {%- for word in modules.re.findall('[A-Za-z0-9_]+', row['said']) -%}
            {%- do words.update({word | lower: true}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set named = [] -%}
    {%- for row in run_query('select feature from ' ~ registry ~ ' order by feature')
        if row['feature'] | lower in words -%}
        {%- do named.append(row['feature']) -%}
    {%- endfor -%}
    {{ return(named) }}
{% endmacro %}
