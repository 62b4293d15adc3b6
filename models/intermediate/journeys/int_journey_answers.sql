-- An answer of the first hours says something else than one of the third week, and those who have just called
-- are asked at once: so answers of different times are kept apart, and compared with others of the same time.
with

moments as (

    select * from {{ ref('int_journey_moments') }}

),

compared as (

    select * from {{ ref('int_answers_to_compare') }}

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

placed as (

    select
        moments.customer_id,
        moments.moment_at,
        case
            {% for days in outcome_parts() %}
            when moments.moment_at + interval {{ days }} day >= answers.sent_at then {{ loop.index }}
            {% endfor %}
            else {{ outcome_parts() | length + 1 }}
        end as part,
        answers.weight,
        answers.probability,
        answers.satisfied
    from moments
    inner join answers
        on
            moments.customer_id = answers.customer_id
            and moments.moment_at < answers.sent_at
            and moments.moment_at + interval {{ var('journey_outcome_days') }} day >= answers.sent_at

),

answered as (

    select
        customer_id,
        moment_at,
        part,
        count(*) as answers,
        cast(sum(satisfied) as bigint) as satisfied_answers,
        {{ exact_sum('weight') }} as weight,
        {{ exact_sum('weight * (satisfied - probability)') }} as weighted_residual,
        {{ exact_sum('weight * weight * probability * (1e0 - probability)') }} as weighted_variance
    from placed
    group by customer_id, moment_at, part

)

select * from answered
