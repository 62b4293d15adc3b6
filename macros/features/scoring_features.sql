{#- Features of every active customer at the end of each day that is due. -#}
{% macro scoring_features() %}
    {%- set times -%}
        (
            select
                cast({{ add_days('score_date', 1) }} as timestamp) as as_of_at,
                known_before
            from {{ ref('int_score_dates') }}
            where is_due
        )
    {%- endset -%}
{{ features_at(ref('int_scoring_moments'), first_due_day(), times=times, name_regions=true) }}
{% endmacro %}


{#- The same, computed for batches of days at once: every customer's activity is met only where it changes something.

    dates  relation of score_date, known_before and batch
    only   names of the features wanted -#}
{% macro features_of_batches(dates, only) %}
{{ features_at(
    '(' ~ customer_moments(dates, also=['batch']) ~ ')', first_due_day(), times=times_of_batches(dates), only=only,
    batches=spans_of_batches(dates), name_regions=true
) }}
{% endmacro %}
