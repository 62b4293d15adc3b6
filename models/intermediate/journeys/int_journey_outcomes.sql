-- How satisfied a customer was around a moment of a journey: by the score of each day, and by what surveys
-- sent in the days after it answered beyond the score.
with

moments as (

    select * from {{ ref('int_journey_moments') }}

),

scores as (

    select * from {{ ref('int_customer_csat_scores') }}

),

answers as (

    select * from {{ ref('int_journey_answers') }}

),

scored as (

    select
        moments.customer_id,
        moments.moment_at,
        max(case when scores.score_date < moments.moment_date then scores.csat_score end) as score_before,
        {{ exact_sum('case when scores.score_date >= moments.moment_date then scores.csat_score end') }}
        / nullif(count(case when scores.score_date >= moments.moment_date then 1 end), 0) as score_after,
        count(case when scores.score_date >= moments.moment_date then 1 end) as days_after
    from moments
    inner join scores
        on
            moments.customer_id = scores.customer_id
            and {{ add_days('moments.moment_date', -1) }} <= scores.score_date
            and {{ add_days('moments.moment_date', var('journey_outcome_days')) }} > scores.score_date
    group by moments.customer_id, moments.moment_at

),

answered as (

    select
        customer_id,
        moment_at,
        cast(sum(answers) as bigint) as answers,
        cast(sum(satisfied_answers) as bigint) as satisfied_answers,
        {{ exact_sum('weight') }} as weight,
        {{ exact_sum('weighted_residual') }} as weighted_residual,
        {{ exact_sum('weighted_variance') }} as weighted_variance
    from answers
    group by customer_id, moment_at

),

outcomes as (

    select
        moments.customer_id,
        moments.moment_at,

        scored.score_before,
        scored.score_after,
        coalesce(scored.days_after, 0) as days_after,
        coalesce(answered.answers, 0) as answers,
        coalesce(answered.satisfied_answers, 0) as satisfied_answers,
        coalesce(answered.weight, 0e0) as weight,
        coalesce(answered.weighted_residual, 0e0) as weighted_residual,
        coalesce(answered.weighted_variance, 0e0) as weighted_variance
    from moments
    left join scored on moments.customer_id = scored.customer_id and moments.moment_at = scored.moment_at
    left join answered
        on moments.customer_id = answered.customer_id and moments.moment_at = answered.moment_at

)

select * from outcomes
