{#- An amount in currency units as whole cents, so that sums do not depend on their order. -#}
{% macro cents(amount) -%}
    cast(round({{ amount }} * 100) as bigint)
{%- endmacro %}
