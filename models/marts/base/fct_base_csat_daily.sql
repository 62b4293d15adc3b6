{%- set survey_days = 28 -%}

with

base_scores as (

    select * from {{ ref('int_base_scores') }}

),

ratings as (

    select * from {{ ref('int_survey_ratings') }}
    where metric = 'csat'

),

answered as (

    select
        cast(responded_at as date) as response_date,
        count(*) as answers,
        count(*) filter (where is_satisfied) as satisfied
    from ratings
    group by response_date

),

surveyed as (

    select
        base_scores.score_date,
        cast(coalesce(sum(answered.answers), 0) as bigint) as answers,
        cast(coalesce(sum(answered.satisfied), 0) as bigint) as satisfied
    from base_scores
    left join answered
        on
            base_scores.score_date >= answered.response_date
            and {{ add_days('base_scores.score_date', -survey_days) }} < answered.response_date
    group by base_scores.score_date

),

shares as (

    select
        *,
        1e0 * satisfied / nullif(answers, 0) as share
    from surveyed

),

base_daily as (

    select
        base_scores.score_date,

        base_scores.model_version,

        100e0 * base_scores.base_probability as csat_model_mean,
        100e0 * shares.share as csat_survey,
        {{ wilson('shares.share', 'shares.answers', -1) }} as csat_survey_lower,
        {{ wilson('shares.share', 'shares.answers', 1) }} as csat_survey_upper,
        base_scores.customers,
        shares.answers
    from base_scores
    inner join shares on base_scores.score_date = shares.score_date

)

select * from base_daily
