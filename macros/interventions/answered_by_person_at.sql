{#- When a person answered a contact: at the first human response, or from the start where an agent took it; null
    where nobody did.

    relation  relation of contacts -#}
{% macro answered_by_person_at(relation) -%}
    coalesce(
        {{ relation }}.first_human_response_at,
        case when {{ relation }}.agent_id is not null then {{ relation }}.started_at end
    )
{%- endmacro %}
