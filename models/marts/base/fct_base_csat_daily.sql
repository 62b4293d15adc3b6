{%- set spans = {1: '1_day', 7: '7_days', 28: '28_days', 365: '365_days'} -%}

with

estimates as (

    select * from {{ ref('int_segment_estimates') }}
    where segment_id = 'all'

),

base_daily as (

    select
        score_date,

        model_version,
        {{ band_claimed('csat_estimate_lower', 'csat_estimate_upper') }} as csat_band,

        csat_estimate,
        csat_estimate_lower,
        csat_estimate_upper,
        csat_model_mean,
        survey_correction,
        csat_survey,
        csat_survey_lower,
        csat_survey_upper,
        survey_answers,
        customers,
        answers,
        effective_answers,
        gain_over_survey,
        response_bias_correction,
        estimate_if_satisfied_answer_more,
        estimate_if_satisfied_answer_less,
        conclusion_flips_at,
        {% for days, span in spans.items() %}
        change_{{ days }} as change_{{ span }},
        change_{{ days }}_lower as change_{{ span }}_lower,
        change_{{ days }}_upper as change_{{ span }}_upper,
        {% endfor %}

        {% for days, span in spans.items() %}
        is_change_{{ days }}_more_than_noise as is_change_{{ span }}_more_than_noise
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from estimates

)

select * from base_daily
