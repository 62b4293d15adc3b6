{#- Whether a version is the one known at the end of the as-of date.

    Plain comparisons, one side each: an OR in the condition of a left join makes the engine compare
    every row with every other. -#}
{% macro known_before_as_of(relation) -%}
    {{ relation }}.loaded_at < as_of.known_before
    and coalesce({{ relation }}.superseded_at, {{ end_of_time() }}) >= as_of.known_before
{%- endmacro %}
