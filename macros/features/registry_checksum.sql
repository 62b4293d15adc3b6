{#- Tells whether the feature registry has changed. -#}
{% macro registry_checksum() -%}
    {%- if execute -%}
        {{ return(graph.nodes['seed.csat.feature_definitions'].checksum.checksum) }}
    {%- endif -%}
{%- endmacro %}
