{#- Stops the run with one sentence per var that cannot be used. -#}
{% macro validate_vars() %}
    {% set as_of_date = var('as_of_date') | string %}
    {% if as_of_date and not modules.re.match('^\d{4}-\d{2}-\d{2}$', as_of_date) %}
        {% do exceptions.raise_compiler_error(
            "The var as_of_date is '" ~ as_of_date ~ "': write it as YYYY-MM-DD, or leave it empty."
        ) %}
    {% endif %}
    {% if var('future_tolerance_days') is not integer or var('future_tolerance_days') < 0 %}
        {% do exceptions.raise_compiler_error(
            "The var future_tolerance_days is '" ~ var('future_tolerance_days')
            ~ "': give a whole number of days, 0 or more."
        ) %}
    {% endif %}
    {% if not source_location() %}
        {% do exceptions.raise_compiler_error(
            "The var source_location is empty: give the folder, or schema:NAME, that holds your tables."
        ) %}
    {% endif %}
{% endmacro %}


{#- Where the company's tables are: CSAT_SOURCE, or else the var source_location. -#}
{% macro source_location() -%}
    {{ return(env_var('CSAT_SOURCE', var('source_location'))) }}
{%- endmacro %}
