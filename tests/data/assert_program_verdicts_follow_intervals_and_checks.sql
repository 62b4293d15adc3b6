-- A verdict that the interval or a failed check does not bear moves money; one that they bear must be there.
with

checks as (

    select
        program_id,
        bool_or(status = 'fail') as has_failed
    from {{ ref('fct_program_impact_checks') }}
    group by program_id

),

impact as (

    select * from {{ ref('fct_program_impact') }}

),

expected as (

    select
        impact.program_id,
        impact.verdict,
        impact.priority_rank,
        coalesce(checks.has_failed, false) as has_failed,
        impact.effect_points,
        impact.effect_points_lower,
        impact.effect_points_upper,
        case
            when impact.effect_points is null or coalesce(checks.has_failed, false) then 'cannot be told'
            when
                impact.method = 'interrupted series'
                and (impact.effect_points_lower > 0 or impact.effect_points_upper < 0)
                then 'changed at the same time as'
            when impact.effect_points_lower > 0 then 'raises'
            when impact.effect_points_upper < 0 then 'harms'
            when
                greatest(-impact.effect_points_lower, impact.effect_points_upper)
                <= {{ var('smallest_effect_that_matters') }}
                then 'no effect shown'
            else 'cannot be told'
        end as verdict_expected
    from impact
    left join checks on impact.program_id = checks.program_id

)

select *
from expected
where
    verdict <> verdict_expected
    or (has_failed and priority_rank is not null)
    or effect_points < effect_points_lower
    or effect_points > effect_points_upper
