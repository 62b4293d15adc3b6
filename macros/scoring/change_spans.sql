{#- Days back over which changes of a customer's score are told. -#}
{% macro change_spans() %}
    {{ return([1, 7, 28]) }}
{% endmacro %}
