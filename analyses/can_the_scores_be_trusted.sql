-- Do scores come true: of customers predicted at 70, are 70 in a hundred satisfied?
--
-- By version in force and bin of prediction, on answers given later. observed_csat should lie around
-- predicted_csat: is_off says where its whole interval leaves the prediction out. One bin in twenty does
-- so by chance.
--
-- depends_on: {{ ref('fct_model_calibration') }}, {{ ref('dim_model_versions') }}
select
    versions.model_version,
    calibration.bin_number,
    calibration.answers,
    round(calibration.predicted_csat, 1) as predicted_csat,
    round(calibration.observed_csat, 1) as observed_csat,
    round(calibration.observed_csat_lower, 1) as observed_csat_lower,
    round(calibration.observed_csat_upper, 1) as observed_csat_upper,
    calibration.predicted_csat
    not between calibration.observed_csat_lower and calibration.observed_csat_upper as is_off
from marts.fct_model_calibration as calibration
inner join marts.dim_model_versions as versions on calibration.model_version = versions.model_version
where versions.in_force_from is not null
order by versions.in_force_from desc, calibration.bin_number asc
