{#- The program under which the intervention queue is measured: who chance put on it is enrolled, who chance kept
    off it is held out. Contacts that name it as their program_id are those that came of the queue. -#}
{% macro queue_program() -%}
    {{ return("'csat-intervention-queue'") }}
{%- endmacro %}


{#- Pre-hook of int_intervention_assignments: a list of the day that is made again takes the place of the first. -#}
{% macro forget_list_of_today() %}
    {% if is_incremental() %}
        delete from {{ this }} where queue_date = (select as_of_date from {{ ref('int_as_of_date') }})
    {% endif %}
{% endmacro %}
