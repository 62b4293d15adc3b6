{#- A name or value as it is compared where people have typed it: in small letters, trimmed, with one sign between
    words; nothing is ''. -#}
{% macro comparable_text(text) -%}
    coalesce(replace(replace(lower(trim({{ text }})), ' ', '_'), '-', '_'), '')
{%- endmacro %}
