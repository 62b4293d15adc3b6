{#- The dimensions that survey figures are given by, in one place: name, and column of int_survey_records. All
    together is the dimension `all`, with the one value `all`.

    only_main  whether those alone that the three KPIs are compared by -#}
{% macro survey_dimensions(only_main=false) -%}
    {%- set main = [
        {'name': 'all', 'column': "'all'"},
        {'name': 'channel', 'column': 'channel'},
        {'name': 'topic', 'column': 'topic'},
        {'name': 'product', 'column': 'product'},
        {'name': 'plan', 'column': 'plan'},
        {'name': 'team', 'column': 'team'},
        {'name': 'region', 'column': 'region'},
    ] -%}
    {%- set others = [
        {'name': 'queue', 'column': 'queue'},
        {'name': 'agent', 'column': 'agent_id'},
        {'name': 'customer_type', 'column': 'customer_type'},
        {'name': 'touchpoint', 'column': 'touchpoint'},
        {'name': 'survey_kind', 'column': 'survey_kind'},
        {'name': 'instrument', 'column': 'instrument_id'},
        {'name': 'wording_version', 'column': 'wording_version'},
    ] -%}
    {{ return(main if only_main else main + others) }}
{%- endmacro %}


{#- The value of a dimension, as text; `(none)` where a survey has none, so that the values of a dimension always
    make up the total. -#}
{% macro dimension_value(column) -%}
    {{ return("coalesce(" ~ column ~ ", '(none)')") }}
{%- endmacro %}
