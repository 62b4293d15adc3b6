with

scores as (

    select * from {{ ref('customer_scores') }}

),

base_scores as (

    select * from {{ ref('int_base_scores') }}
    where score_date >= {{ first_due_day() }}

),

history as (

    select
        scores.customer_id,
        scores.score_date,

        scores.model_version,

        {% for family in families() %}
        {{ secant_slope('scores.logit', 'base_scores.base_logit') }}
        * (scores.contribution_{{ family }} - base_scores.reference_{{ family }}) as points_{{ family }},
        {% endfor %}
        100e0 * scores.probability as csat_score,
        100e0 * scores.probability_lower as csat_score_lower,
        100e0 * scores.probability_upper as csat_score_upper
    from scores
    inner join base_scores on scores.score_date = base_scores.score_date

)

select * from history
