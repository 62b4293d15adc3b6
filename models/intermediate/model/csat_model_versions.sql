-- Written after what belongs to it, so that a version that stands here is complete.
-- depends_on: {{ ref('csat_model_terms') }}
-- depends_on: {{ ref('csat_model_answers') }}
with

trained as (

    select * from {{ ref('trained_models') }}

),

versions as (

    select
        model_version,
        cutoff_date,
        in_force_from,

        is_champion,
        decision,
        compared_with,

        is_fallback,
        fallback_reason,
        labels,
        reference_instrument,
        reference_survey_kind,
        weighting,
        response_model,
        settings,
        features,
        metrics,
        registry_checksum,

        answers,
        effective_answers,
        customers,
        satisfied_answers,
        base_rate,
        pairs,
        seed,
        outer_bags,
        interval_factor,
        calibration_intercept,
        calibration_slope,

        log_loss,
        base_rate_log_loss,
        auc,
        brier,
        calibration_error,

        later_answers,
        later_log_loss,
        later_auc,
        champion_log_loss,
        log_loss_difference,
        log_loss_difference_lower,
        log_loss_difference_upper,

        trained_until
    from trained

)

select * from versions
