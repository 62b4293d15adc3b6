{#- Whether segment_changes has compared with the day before, as an earlier run has left it; a run without a
    change has nothing else to compare. -#}
{% macro is_compared(changes) %}
    {%- if not execute or not is_incremental() -%}
        {{ return(false) }}
    {%- endif -%}
    {{ return(run_query('select coalesce(bool_and(is_compared), true) from ' ~ changes).rows[0][0]) }}
{% endmacro %}
