{#- Days after a moment of a journey at which a part of the time ends in which answers are compared with each other: the
    first hours, when those who have just called are asked, the rest of the week, and what is left of the days looked at. -#}
{% macro outcome_parts() %}
    {{ return([2, 7]) }}
{% endmacro %}
