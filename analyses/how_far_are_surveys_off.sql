-- How far does the plain survey figure lie from the estimate for all customers, month by month?
--
-- survey_less_estimate is what one would be wrong by to take the survey for the base: those who answer
-- differ from those who do not. response_bias_correction is the part that weighting for who answers takes
-- off. Where the intervals of both overlap widely, the difference may be chance.
--
-- depends_on: {{ ref('fct_base_csat_daily') }}
select
    cast(date_trunc('month', score_date) as date) as month_start,
    max(score_date) as score_date,
    arg_max(survey_answers, score_date) as survey_answers,
    round(arg_max(csat_survey, score_date), 1) as csat_survey,
    round(arg_max(csat_estimate, score_date), 1) as csat_estimate,
    round(arg_max(csat_estimate_lower, score_date), 1) as csat_estimate_lower,
    round(arg_max(csat_estimate_upper, score_date), 1) as csat_estimate_upper,
    round(arg_max(csat_survey - csat_estimate, score_date), 1) as survey_less_estimate,
    round(arg_max(response_bias_correction, score_date), 1) as response_bias_correction
from marts.fct_base_csat_daily
where csat_survey is not null
group by month_start
order by month_start
