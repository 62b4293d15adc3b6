-- A group has an effect, or none, only by an interval that bears it, never where a check of its program
-- failed or could feign it; and only where all groups of the program together bear it: of those nearest to 0
-- least.
{%- set matters = var('smallest_effect_that_matters') %}
with

failed as (

    {{ failed_programs(ref('fct_program_impact_checks')) }}

),

alone as (

    select
        impact.*,
        coalesce(failed.could_feign_points, 0) as could_feign_points,
        {{ verdict_of_interval('impact', 'coalesce(failed.has_failed, false)') }} as verdict_alone,
        -- All who are compared: the verdict is the program's.
        coalesce(
            impact.treated_customers = programs.treated_customers
            and abs(impact.effect_points - programs.effect_points) <= 0.000002
            and abs(impact.effect_points_lower - programs.effect_points_lower) <= 0.000006,
            false
        ) as is_everyone,
        -- In standard errors, of which the interval has 3.92.
        3.92 * abs(impact.effect_points)
        / nullif(impact.effect_points_upper - impact.effect_points_lower, 0) as from_nothing,
        3.92 * ({{ matters }} - abs(impact.effect_points))
        / nullif(impact.effect_points_upper - impact.effect_points_lower, 0) as from_mattering
    from {{ ref('fct_program_impact_by_group') }} as impact
    inner join {{ ref('fct_program_impact') }} as programs on impact.program_id = programs.program_id
    left join failed on impact.program_id = failed.program_id

),

judged as (

    select
        *,
        verdict <> verdict_alone as is_less,
        greatest(-effect_points_lower, effect_points_upper) <= {{ matters }} as is_small
    from alone

),

families as (

    select
        program_id,
        count(effect_points) as told,
        count(case when verdict in ('raises', 'harms') then 1 end) as effects,
        count(case when verdict = 'no effect shown' then 1 end) as nothings,
        min(case when verdict in ('raises', 'harms') then from_nothing end) as nearest_effect,
        min(case when verdict = 'no effect shown' then from_mattering end) as nearest_nothing
    from judged
    where not is_everyone
    group by program_id

)

select
    judged.*,
    families.told,
    families.effects,
    families.nothings
from judged
left join families on judged.program_id = families.program_id
where
    judged.effect_points < judged.effect_points_lower
    or judged.effect_points > judged.effect_points_upper
    or (judged.is_less and judged.is_everyone)
    or (judged.verdict = 'raises' and judged.effect_points_lower <= judged.could_feign_points)
    or (judged.verdict = 'harms' and judged.effect_points_upper >= -judged.could_feign_points)
    or (
        judged.verdict = 'no effect shown'
        and judged.could_feign_points > 0
        and greatest(-judged.effect_points_lower, judged.effect_points_upper)
        + judged.could_feign_points > {{ matters }}
    )
    or (judged.is_less and judged.could_feign_points = 0 and families.told <= 1)
    or (
        judged.is_less
        and not (
            judged.verdict = 'cannot be told'
            and judged.verdict_alone in ('raises', 'harms', 'no effect shown')
        )
        and not (
            judged.verdict = 'no effect shown'
            and judged.verdict_alone in ('raises', 'harms')
            and judged.is_small
        )
    )
    -- Nothing nearer to 0 has an effect, and what no number of groups explains is said.
    or (
        judged.is_less
        and judged.could_feign_points = 0
        and judged.verdict_alone in ('raises', 'harms')
        and judged.from_nothing > least(families.nearest_effect, 6)
    )
    -- No more is said than all groups together bear.
    or ({{ more_than_all_bear('families.nearest_effect', 'families.effects', 'families.told') }})
    or ({{ more_than_all_bear('families.nearest_nothing', 'families.nothings', 'families.told') }})
