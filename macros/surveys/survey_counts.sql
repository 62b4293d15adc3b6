{#- What survey figures are made from, in one place: counts of records by their names. -#}
{% macro survey_counts() -%}
    {{ return({
        'invitations': "count(*) filter (where record_kind = 'invitation')",
        'invitations_due': 'count(*) filter (where is_due)',
        'invitations_answered': 'count(*) filter (where is_due and is_answered)',
        'answers': "count(*) filter (where record_kind = 'answer')",
        'answers_without_invitation': "count(*) filter (where record_kind = 'answer' and not has_invitation)",
        'favourable': 'count(*) filter (where is_favourable)',
        'unfavourable': 'count(*) filter (where is_unfavourable)',
    }) }}
{%- endmacro %}


{#- The values whose sums survey figures are made from, too. -#}
{% macro survey_sums() -%}
    {{ return({
        'rating_sum': 'rating',
        'value_sum': 'value_0_100',
        'value_square_sum': 'value_0_100 * value_0_100',
    }) }}
{%- endmacro %}
