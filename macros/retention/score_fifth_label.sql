{#- The name of a fifth of the customers by their score, 1 to 5; 0 is all of them.

    fifth  SQL of the number -#}
{% macro score_fifth_label(fifth) -%}
    case {{ fifth }}
        when 0 then 'all'
        when 1 then 'lowest fifth'
        when 2 then 'second fifth'
        when 3 then 'middle fifth'
        when 4 then 'fourth fifth'
        when 5 then 'highest fifth'
    end
{%- endmacro %}
