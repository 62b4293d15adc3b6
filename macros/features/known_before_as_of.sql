{#- Whether a version is the one known at the end of the as-of date. -#}
{% macro known_before_as_of(relation) -%}
    {{ relation }}.loaded_at < as_of.known_before
    and ({{ relation }}.superseded_at is null or {{ relation }}.superseded_at >= as_of.known_before)
{%- endmacro %}
