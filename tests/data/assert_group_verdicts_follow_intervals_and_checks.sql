-- A group has an effect only by an interval that bears it, never where a check of its program failed.
with

checks as (

    select
        program_id,
        bool_or(status = 'fail') as has_failed
    from {{ ref('fct_program_impact_checks') }}
    group by program_id

),

impact as (

    select * from {{ ref('fct_program_impact_by_group') }}

),

allowed as (

    select
        impact.*,
        case
            when impact.effect_points is null or coalesce(checks.has_failed, false) then 'cannot be told'
            when impact.effect_points_lower > 0 then 'raises'
            when impact.effect_points_upper < 0 then 'harms'
            when
                greatest(-impact.effect_points_lower, impact.effect_points_upper)
                <= {{ var('smallest_effect_that_matters') }}
                then 'no effect shown'
            else 'cannot be told'
        end as verdict_alone
    from impact
    left join checks on impact.program_id = checks.program_id

)

select *
from allowed
where
    -- Alone it may look like an effect, and be none of all the groups that are looked at.
    not (verdict = verdict_alone or (verdict = 'cannot be told' and verdict_alone in ('raises', 'harms')))
    or effect_points < effect_points_lower
    or effect_points > effect_points_upper
