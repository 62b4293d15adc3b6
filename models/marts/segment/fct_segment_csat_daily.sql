{%- set spans = {1: '1_day', 7: '7_days', 28: '28_days', 365: '365_days'} -%}

with

estimates as (

    select * from {{ ref('int_segment_estimates') }}
    where segment_id <> 'all'

),

definitions as (

    select * from {{ ref('segment_definitions') }}

),

segments_daily as (

    select
        estimates.segment_id || ':' || estimates.segment_value as entity_id,
        estimates.segment_id,
        estimates.segment_value,
        estimates.score_date,

        definitions.segment_name,
        definitions.owner,
        estimates.model_version,
        {{ band_claimed('estimates.csat_estimate_lower', 'estimates.csat_estimate_upper') }} as csat_band,
        estimates.suppression_reason,

        estimates.csat_estimate,
        estimates.csat_estimate_lower,
        estimates.csat_estimate_upper,
        estimates.csat_model_mean,
        estimates.survey_correction,
        estimates.csat_survey,
        estimates.csat_survey_lower,
        estimates.csat_survey_upper,
        estimates.survey_answers,
        estimates.customers,
        estimates.answers,
        estimates.effective_answers,
        estimates.gain_over_survey,
        estimates.response_bias_correction,
        estimates.estimate_if_satisfied_answer_more,
        estimates.estimate_if_satisfied_answer_less,
        estimates.conclusion_flips_at,
        {% for days, span in spans.items() %}
        estimates.change_{{ days }} as change_{{ span }},
        estimates.change_{{ days }}_lower as change_{{ span }}_lower,
        estimates.change_{{ days }}_upper as change_{{ span }}_upper,
        {% endfor %}

        {% for days, span in spans.items() %}
        estimates.is_change_{{ days }}_more_than_noise as is_change_{{ span }}_more_than_noise,
        {% endfor %}
        estimates.suppression_reason is not null as is_suppressed
    from estimates
    left join definitions on estimates.segment_id = definitions.segment_id

)

select * from segments_daily
