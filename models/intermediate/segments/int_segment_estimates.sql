{%- set lags = [1, 7, 28, 365] -%}

with

estimates as (

    select * from {{ ref('segment_estimates') }}

),

segment_estimates as (

    select
        score_date,
        segment_id,
        segment_value,

        model_version,
        suppression_reason,

        customers,
        answers,
        effective_answers,
        csat_estimate,
        csat_estimate_lower,
        csat_estimate_upper,
        std_error,
        csat_model_mean,
        survey_correction,
        csat_survey,
        csat_survey_lower,
        csat_survey_upper,
        survey_answers,
        gain_over_survey,
        response_bias_correction,
        estimate_if_satisfied_answer_more,
        estimate_if_satisfied_answer_less,
        conclusion_flips_at,
        csat_estimate_by_version_before,
        csat_model_mean_by_version_before,
        {% for days in lags %}
        change_{{ days }},
        change_{{ days }}_lower,
        change_{{ days }}_upper,
        is_change_{{ days }}_more_than_noise
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from estimates

)

select * from segment_estimates
