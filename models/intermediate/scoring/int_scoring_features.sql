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
