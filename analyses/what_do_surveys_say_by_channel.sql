-- What do the surveys of the last year say by channel, and how surely?
--
-- Figures of those who answered, who are few and differ from the rest: for all customers see
-- fct_base_csat_daily. Channels whose intervals overlap are not shown to differ. Harder cases go to some
-- channels: fct_csat_mix_adjusted compares at equal cases.
--
-- depends_on: {{ ref('fct_survey_measures') }}
select
    measure,
    dimension_value as channel,
    answers,
    round(figure, 1) as figure,
    round(figure_lower, 1) as figure_lower,
    round(figure_upper, 1) as figure_upper,
    round(response_rate, 1) as response_rate
from marts.fct_survey_measures
where
    dimension = 'channel'
    and period_kind = '365 days'
    and figure is not null
    and period_start = (
        select max(latest.period_start)
        from marts.fct_survey_measures as latest
        where latest.dimension = 'channel' and latest.period_kind = '365 days'
    )
order by measure asc, answers desc, channel asc
