{#- Tells whether the definitions of segments have changed. -#}
{% macro segment_checksum() -%}
    {%- if execute -%}
        {{ return(graph.nodes['seed.csat.segment_definitions'].checksum.checksum) }}
    {%- endif -%}
{%- endmacro %}
