{#- Whether a definition means a value: it lists it, with commas between, or lists nothing and means any. Values may have
    blanks in them.

    list, value  SQL of the list and of the value -#}
{% macro names_value(list, value) -%}
    (
        coalesce({{ list }}, '') = ''
        or instr(',' || replace({{ list }}, ', ', ',') || ',', ',' || {{ value }} || ',') > 0
    )
{%- endmacro %}
