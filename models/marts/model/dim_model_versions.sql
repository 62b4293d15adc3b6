with

versions as (

    select * from {{ ref('csat_model_versions') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

followed as (

    select
        model_version,
        lead(in_force_from) over (order by in_force_from) as next_in_force_from
    from versions
    where is_champion

),

described as (

    select
        versions.model_version,

        versions.compared_with,
        versions.decision,
        versions.fallback_reason,
        versions.reference_instrument,
        versions.reference_survey_kind,

        versions.answers,
        versions.effective_answers,
        versions.customers,
        100e0 * versions.base_rate as base_csat,
        versions.pairs,
        {{ json_number('versions.weighting', 'outside_support_share') }} as outside_support_share,
        versions.later_answers,
        versions.later_log_loss,
        versions.later_auc,
        versions.champion_log_loss,
        versions.log_loss_difference,
        versions.log_loss_difference_lower,
        versions.log_loss_difference_upper,

        versions.is_champion,
        coalesce(
            versions.in_force_from <= as_of.as_of_date
            and coalesce(followed.next_in_force_from > as_of.as_of_date, true),
            false
        ) as is_in_force,
        versions.is_fallback,

        versions.cutoff_date,
        versions.in_force_from,
        {{ add_days('followed.next_in_force_from', -1) }} as in_force_to
    from versions
    cross join as_of
    left join followed on versions.model_version = followed.model_version

)

select * from described
