-- A verdict that the interval or a failed check does not bear moves money; one that they bear must be there.
with

failed as (

    {{ failed_programs(ref('fct_program_impact_checks')) }}

),

impact as (

    select
        impact.*,
        coalesce(failed.has_failed, false) as has_failed,
        {{ verdict_of_interval('impact', 'coalesce(failed.has_failed, false)') }} as verdict_alone
    from {{ ref('fct_program_impact') }} as impact
    left join failed on impact.program_id = failed.program_id

)

select *
from impact
where
    verdict <> case
        when method = 'interrupted series' and verdict_alone in ('raises', 'harms')
            then 'changed at the same time as'
        when method = 'interrupted series' then 'cannot be told'
        else verdict_alone
    end
    or (has_failed and priority_rank is not null)
    or effect_points < effect_points_lower
    or effect_points > effect_points_upper
