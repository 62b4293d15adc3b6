{#- The value in which the estimates show the small ones of a dimension together; see csat.daily.segments. -#}
{% macro pooled_value() -%}
    '(small ones together)'
{%- endmacro %}
