{#- Features of every active customer at the end of each day that is due.

    only  names of the features wanted, in place of all -#}
{% macro scoring_features(only=none) %}
    {%- set times -%}
        (
            select
                cast({{ add_days('score_date', 1) }} as timestamp) as as_of_at,
                known_before
            from {{ ref('int_score_dates') }}
            where is_due
        )
    {%- endset -%}
{{ features_at(ref('int_scoring_moments'), first_due_day(), times=times, only=only) }}
{% endmacro %}
