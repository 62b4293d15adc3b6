{#- Interventions whose cause can be told anew since a contact, as rows of the seed: intervention, cause_source,
    cause_since. A mistake stops the run with one sentence that names the row. -#}
{% macro defined_causes() %}
    {% set definitions = ref('intervention_definitions') %}
    {% set causes = [] %}
    {% if execute and load_relation(definitions) is not none %}
        {% for row in run_query(
            'select intervention, cause_source, cause_since from ' ~ definitions
            ~ ' where cause_source is not null or cause_since is not null order by intervention'
        ) %}
            {% set cause = row.dict() %}
            {% set place = 'The intervention ' ~ cause['intervention'] ~ ' in seeds/intervention_definitions.csv has the ' %}
            {% if cause['cause_source'] not in activity_models() %}
                {% do exceptions.raise_compiler_error(
                    place ~ 'cause_source ' ~ cause['cause_source'] ~ ': use one of ' ~ activity_models() | join(', ') ~ '.'
                ) %}
            {% endif %}
            {% if not cause['cause_since'] %}
                {% do exceptions.raise_compiler_error(
                    place ~ 'cause_source ' ~ cause['cause_source'] ~ ' and no cause_since: say what of it is the cause.'
                ) %}
            {% endif %}
            {% do causes.append(cause) %}
        {% endfor %}
    {% endif %}
    {{ return(causes) }}
{% endmacro %}
