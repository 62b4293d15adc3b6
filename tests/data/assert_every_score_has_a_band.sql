-- A level without bands for `default`, or bands that begin above 0, would leave scores without a band.
select
    level,
    industry,
    min(from_score) as lowest_score
from {{ ref('csat_bands') }}
group by level, industry
having min(from_score) > 0

union all

select
    level,
    'default' as industry,
    null as lowest_score
from {{ ref('csat_bands') }}
group by level
having not bool_or(industry = 'default')
