{#- Pre-hook of a history by from_date: forgets what the days of this run write again. -#}
{% macro forget_from_first_due_day() %}
    {% if is_incremental() %}
        delete from {{ this }} where from_date >= {{ first_due_day() }}
    {% endif %}
{% endmacro %}
