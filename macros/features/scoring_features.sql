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
{{ features_at(ref('int_scoring_moments'), first_due_day(), times=times) }}
{% endmacro %}


{#- The same, computed for batches of days at once: every customer's activity is met only where it changes something.

    dates  relation of score_date, known_before and batch
    keys   of the columns that tell a row apart, those that are asked for
    only   names of the features wanted, in place of all -#}
{% macro features_of_batches(dates, keys=['customer_id', 'as_of_at'], only=none) %}
    {%- set times -%}
(
    select
        batch,
        known_before,
        cast({{ add_days('score_date', 1) }} as timestamp) as as_of_at
    from {{ dates }} as dates
)
    {%- endset -%}
    {%- set batches -%}
(
    select
        batch,
        known_before,
        min(as_of_at) as first_moment,
        max(as_of_at) as last_moment
    from {{ times }} as times
    group by batch, known_before
)
    {%- endset -%}
{{ features_at(
    '(' ~ customer_moments(dates, also=['batch']) ~ ')', first_due_day(), keys=keys, times=times, only=only,
    batches=batches
) }}
{% endmacro %}
