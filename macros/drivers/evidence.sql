{#- What a statement about causes rests on, as readers see it: `association` where the model, or a comparison, has
    found that two things go together. The one place that says so. -#}
{% macro association() -%}
    {{ return("'association'") }}
{%- endmacro %}
