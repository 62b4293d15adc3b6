-- A group has an effect, or none, only by an interval that bears it, never where a check of its program
-- failed. Less is said where all groups of the program together do not bear it: of those nearest to 0 first.
with

failed as (

    {{ failed_programs(ref('fct_program_impact_checks')) }}

),

alone as (

    select
        impact.*,
        {{ verdict_of_interval('impact', 'coalesce(failed.has_failed, false)') }} as verdict_alone,
        -- Of all who enrolled: the verdict is the program's.
        impact.counted_from_date is null
        and impact.treated_customers = programs.treated_customers as is_everyone,
        greatest(-impact.effect_points_lower, impact.effect_points_upper)
        <= {{ var('smallest_effect_that_matters') }} as is_small,
        -- In standard errors, of which the interval has 3.92.
        3.92 * abs(impact.effect_points)
        / nullif(impact.effect_points_upper - impact.effect_points_lower, 0) as distance
    from {{ ref('fct_program_impact_by_group') }} as impact
    inner join {{ ref('fct_program_impact') }} as programs on impact.program_id = programs.program_id
    left join failed on impact.program_id = failed.program_id

),

impact as (

    select
        alone.*,
        alone.verdict <> alone.verdict_alone as is_less,
        min(
            case when alone.verdict in ('raises', 'harms') and not alone.is_everyone then alone.distance end
        ) over (partition by alone.program_id) as nearest_said
    from alone

)

select *
from impact
where
    effect_points < effect_points_lower
    or effect_points > effect_points_upper
    or (is_less and is_everyone)
    or (
        is_less
        and not (verdict = 'cannot be told' and verdict_alone in ('raises', 'harms', 'no effect shown'))
        and not (verdict = 'no effect shown' and verdict_alone in ('raises', 'harms') and is_small)
    )
    -- Nothing nearer to 0 has an effect, and what no number of groups explains is said.
    or (is_less and verdict_alone in ('raises', 'harms') and distance > least(nearest_said, 6))
