-- Each satisfaction answer of the days that estimates are made from, with what the score expected of it: by
-- the version in force, out of fold or out of time, or else by the one of when the survey was sent.
with

residuals as (

    select * from {{ ref('int_answer_residuals') }}

),

versions as (

    select * from {{ ref('csat_model_versions') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

in_force as (

    select
        as_of.as_of_date,
        max_by(versions.model_version, versions.in_force_from) as model_version
    from as_of
    left join versions on as_of.as_of_date >= versions.in_force_from and versions.is_champion
    group by as_of.as_of_date

),

expected as (

    -- A follow-up sample is another population, and asked about nothing in particular.
    select
        residuals.response_id,
        residuals.customer_id,

        residuals.probability,
        residuals.weight,

        residuals.is_satisfied,
        residuals.survey_kind,
        residuals.sent_at,
        row_number() over (
            partition by residuals.response_id
            order by
                case when residuals.model_version = in_force.model_version then 0 else 1 end asc,
                case when residuals.is_from_sending then 0 else 1 end asc,
                residuals.model_version desc
        ) as place
    from residuals
    cross join in_force
    where
        not residuals.is_gold
        and residuals.sent_date > {{ add_days('in_force.as_of_date', -var('estimation_days')) }}

),

answers as (

    select
        response_id,
        customer_id,

        probability,
        weight,

        is_satisfied,
        survey_kind,

        sent_at
    from expected
    where place = 1

)

select * from answers
