-- A claim that its interval does not allow is what these marts are there to prevent; no figure has a reason.
select
    'figure' as claim,
    period_kind,
    period_start,
    dimension,
    dimension_value,
    measure
from {{ ref('fct_survey_measures') }}
where
    (figure is null) <> (reason is not null)
    or (response_rate is null) <> (response_rate_reason is not null)
    or (figure is not null and coalesce(figure_lower > figure or figure_upper < figure, true))
    or (
        response_rate is not null
        and coalesce(response_rate_lower > response_rate or response_rate_upper < response_rate, true)
    )
    or figure_upper > 100
    or figure_lower < case when measure = 'nps' then -100 else 0 end
    or (band_claimed = {{ csat_band('figure', 'aggregate') }})
    <> ({{ csat_band('figure_lower', 'aggregate') }} = {{ csat_band('figure_upper', 'aggregate') }})

union all

select
    'equal mix' as claim,
    period_kind,
    period_start,
    dimension,
    dimension_value,
    'csat' as measure
from {{ ref('fct_csat_mix_adjusted') }}
where
    (csat_adjusted is null) <> (reason is not null)
    or (difference is null) <> (reason is not null)
    or difference_lower > difference
    or difference_upper < difference

union all

select
    'status' as claim,
    period_kind,
    period_start,
    dimension,
    dimension_value,
    measure
from {{ ref('fct_kpi_trends') }}
where
    (trend is null) <> (reason is not null)
    or (status = 'falling') <> coalesce(trend_upper < 0, false)
    or (status = 'rising') <> coalesce(trend_lower > 0, false)
    or (status = 'high and holding' and coalesce(figure_lower < high_from, true))
