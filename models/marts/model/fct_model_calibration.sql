with

calibration as (

    select * from {{ ref('model_calibration') }}

),

bins as (

    select
        model_version,

        bin_number,
        answers,
        predicted_csat,
        observed_csat,
        observed_csat_lower,
        observed_csat_upper
    from calibration

)

select * from bins
