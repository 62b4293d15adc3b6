with

history as (

    select * from {{ ref('int_customer_csat_history') }}

),

base_scores as (

    select * from {{ ref('int_base_scores') }}

),

logits as (

    select
        history.*,
        base_scores.base_probability,
        base_scores.base_logit,
        {% for family in families() %}
        base_scores.reference_{{ family }},
        {% endfor %}
        {{ kept_logit('history', 'base_scores') }} as logit
    from history
    inner join base_scores on history.score_date = base_scores.score_date

),

scores as (

    select
        customer_id,
        score_date,

        model_version,

        {% for family in families() %}
        {{ secant_slope('logit', 'base_logit') }}
        * (contribution_{{ family }} - reference_{{ family }}) as points_{{ family }},
        {% endfor %}
        {{ csat_score('logit') }} as csat_score,
        {{ csat_score('logit - interval_half_width') }} as csat_score_lower,
        {{ csat_score('logit + interval_half_width') }} as csat_score_upper,
        100e0 * base_probability as base_score
    from logits

)

select * from scores
