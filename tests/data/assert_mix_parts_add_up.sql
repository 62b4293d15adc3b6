-- The parts of a dimension's values are the change of the total, and that is the change of the figures that
-- readers see.
with

parts as (

    select
        period_kind,
        period_start,
        before_start,
        dimension,
        'csat' as measure,
        sum(points) as points,
        max(total_change) as total_change
    from {{ ref('fct_csat_mix_change') }}
    group by period_kind, period_start, before_start, dimension

    union all

    select
        period_kind,
        period_start,
        null as before_start,
        dimension,
        measure,
        sum(points) as points,
        max(total_change) as total_change
    from {{ ref('fct_kpi_falls') }}
    group by period_kind, period_start, dimension, measure

),

figures as (

    select * from {{ ref('fct_survey_measures') }}
    where dimension = 'all'

)

select parts.*
from parts
left join figures as later
    on
        parts.period_kind = later.period_kind
        and parts.period_start = later.period_start
        and parts.measure = later.measure
left join figures as earlier
    on
        parts.period_kind = earlier.period_kind
        and parts.before_start = earlier.period_start
        and parts.measure = earlier.measure
where
    abs(parts.points - parts.total_change) > 1e-9
    or (
        parts.before_start is not null
        and coalesce(abs(parts.total_change - (later.figure - earlier.figure)) > 1e-9, true)
    )
