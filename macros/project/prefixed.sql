{#- Columns as a list for a SELECT, each with the relation before it. -#}
{% macro prefixed(columns, relation) -%}
    {%- set qualified = [] -%}
    {%- for column in columns -%}
        {%- do qualified.append(relation ~ '.' ~ column) -%}
    {%- endfor -%}
    {{ return(qualified | join(', ')) }}
{%- endmacro %}
