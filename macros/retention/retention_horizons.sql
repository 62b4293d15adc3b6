{#- Days after a score within which it is looked at who stayed. -#}
{% macro retention_horizons() %}
    {{ return([30, 90, 180]) }}
{% endmacro %}
