-- A group has an effect only by an interval that bears it, never where a check of its program failed.
with

failed as (

    {{ failed_programs(ref('fct_program_impact_checks')) }}

),

impact as (

    select
        impact.*,
        {{ verdict_of_interval('impact', 'coalesce(failed.has_failed, false)') }} as verdict_alone
    from {{ ref('fct_program_impact_by_group') }} as impact
    left join failed on impact.program_id = failed.program_id

)

select *
from impact
where
    -- Alone it may look like an effect, and be none of all the groups that are looked at.
    not (verdict = verdict_alone or (verdict = 'cannot be told' and verdict_alone in ('raises', 'harms')))
    or effect_points < effect_points_lower
    or effect_points > effect_points_upper
