with

performance as (

    select * from {{ ref('model_performance') }}

),

figures as (

    select
        model_version,
        period_kind,

        reason,

        answers,
        observed_csat,
        predicted_csat,
        log_loss,
        base_rate_log_loss,
        last_rating_log_loss,
        auc,
        last_rating_auc,
        brier,
        calibration_error,
        calibration_error_by_chance,

        period
    from performance

)

select * from figures
