-- How satisfied a customer was around a moment of a journey: by the score of each day, and by what surveys
-- sent in the days after it answered beyond the score.
with

steps as (

    select * from {{ ref('journey_steps') }}

),

risk_sets as (

    select * from {{ ref('int_journey_risk_sets') }}

),

scores as (

    select * from {{ ref('int_customer_csat_scores') }}

),

compared as (

    select * from {{ ref('int_answers_to_compare') }}

),

last_steps as (

    select
        customer_id,
        max(reached_at) as moment_at
    from steps
    group by journey_id, customer_id, started_at

),

all_moments as (

    select
        customer_id,
        moment_at
    from last_steps

    union all

    select
        customer_id,
        moment_at
    from risk_sets

),

moments as (

    select distinct
        customer_id,
        moment_at,
        cast(moment_at as date) as moment_date
    from all_moments

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

answers as (

    select
        customer_id,
        weight,
        probability,
        cast(is_satisfied as double) as satisfied,
        sent_at
    from compared
    where weight > 0

),

answered as (

    select
        moments.customer_id,
        moments.moment_at,
        count(*) as answers,
        cast(sum(answers.satisfied) as bigint) as satisfied_answers,
        {{ exact_sum('answers.weight') }} as weight,
        {{ exact_sum('answers.weight * (answers.satisfied - answers.probability)') }} as weighted_residual,
        {{ exact_sum('answers.weight * answers.weight * answers.probability * (1e0 - answers.probability)') }}
            as weighted_variance
    from moments
    inner join answers
        on
            moments.customer_id = answers.customer_id
            and moments.moment_at < answers.sent_at
            and moments.moment_at + interval {{ var('journey_outcome_days') }} day >= answers.sent_at
    group by moments.customer_id, moments.moment_at

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
