-- The base of each day: what the points of its customers are against.
with

scores as (

    select * from {{ ref('customer_scores') }}

),

means as (

    select
        score_date,
        max(model_version) as model_version,
        max(intercept) as intercept,
        count(*) as customers,
        {{ exact_sum('probability') }} / count(*) as base_probability
    from scores
    group by score_date

),

bases as (

    select
        *,
        ln(base_probability / (1e0 - base_probability)) as base_logit
    from means

),

slopes as (

    select
        scores.*,
        {{ secant_slope('scores.logit', 'bases.base_logit') }} as slope
    from scores
    inner join bases on scores.score_date = bases.score_date

),

sums as (

    select
        score_date,
        {% for family in families() %}
        {{ exact_sum('slope * contribution_' ~ family) }} as weighted_{{ family }},
        {% endfor %}
        {{ exact_sum('slope') }} as slope
    from slopes
    group by score_date

),

base_scores as (

    select
        bases.score_date,

        bases.model_version,

        bases.customers,
        bases.base_probability,
        bases.base_logit,
        {% for family in families() %}
        sums.weighted_{{ family }} / sums.slope as reference_{{ family }},
        {% endfor %}
        bases.intercept
    from bases
    inner join sums on bases.score_date = sums.score_date

)

select * from base_scores
