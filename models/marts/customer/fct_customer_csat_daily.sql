{%- set spans = {1: '1_day', 7: '7_days', 28: '28_days'} -%}

with

history as {{ not_materialized() }} (

    select * from {{ ref('int_customer_csat_history') }}

),

base_scores as {{ not_materialized() }} (

    select * from {{ ref('int_base_scores') }}

),

logits as {{ not_materialized() }} (

    select
        history.customer_id,
        history.score_date,
        history.model_version,
        {% for family in families() %}
        history.contribution_{{ family }} - base_scores.reference_{{ family }} as over_reference_{{ family }},
        {% endfor %}
        history.interval_half_width,
        base_scores.base_probability,
        base_scores.base_logit,
        {{ kept_logit('history', 'base_scores') }} as logit
    from history
    inner join base_scores on history.score_date = base_scores.score_date

),

scores as {{ not_materialized() }} (

    select
        *,
        {{ csat_score('logit') }} as csat_score,
        {{ secant_slope('logit', 'base_logit') }} as slope
    from logits

),

daily as (

    select
        scores.customer_id,
        scores.score_date,

        scores.model_version,
        {{ csat_band('scores.csat_score', 'customer') }} as csat_band,

        scores.csat_score,
        {{ csat_score('scores.logit - scores.interval_half_width') }} as csat_score_lower,
        {{ csat_score('scores.logit + scores.interval_half_width') }} as csat_score_upper,
        {% for days, name in spans.items() %}
        scores.csat_score - before_{{ days }}.csat_score as change_{{ name }},
        {% endfor %}
        {% for family in families() %}
        scores.slope * scores.over_reference_{{ family }} as points_{{ family }},
        {% endfor %}
        100e0 * scores.base_probability as base_score,

        {% for days, name in spans.items() %}
        scores.model_version <> before_{{ days }}.model_version as has_new_model_{{ name }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from scores
    {% for days in spans %}
    left join scores as before_{{ days }}
        on
            scores.customer_id = before_{{ days }}.customer_id
            and {{ add_days('scores.score_date', -days) }} = before_{{ days }}.score_date
    {% endfor %}

)

select * from daily
