{#- Stops with the sentences of what the company has defined and cannot be used. A check of the data reports them. -#}
{% macro stop_at_wrong_definitions() %}
    {% if execute and target.name != 'check' %}
        {% set problems = run_query('select problem from ' ~ this ~ ' order by problem').columns[0].values() %}
        {% if problems %}
            {% do exceptions.raise_compiler_error(problems | join('\n  ')) %}
        {% endif %}
    {% endif %}
{% endmacro %}
