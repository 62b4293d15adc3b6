-- What do the surveys say by channel? Read it with care: an answer comes from few, who differ from the
-- rest, and a channel with few answers says little.
select
    channel,
    count(*) as answers,
    round(100.0 * count(*) filter (where is_satisfied) / count(*), 1) as csat
from {{ ref('fct_survey_answers') }}
where metric = 'csat'
group by channel
order by answers desc
