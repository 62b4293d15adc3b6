-- Which programs raise satisfaction, and what does a point cost?
--
-- Read the verdict, not the point estimate: "cannot be told" is no zero, and smallest_effect_told says how
-- large an effect would have had to be to be seen. failed_checks names what speaks against a comparison.
--
-- depends_on: {{ ref('fct_program_impact') }}, {{ ref('fct_program_impact_checks') }}
select
    impact.program_name,
    impact.verdict,
    round(impact.effect_points, 1) as effect,
    round(impact.effect_points_lower, 1) as effect_lower,
    round(impact.effect_points_upper, 1) as effect_upper,
    round(impact.smallest_effect_told, 1) as smallest_effect_told,
    impact.treated_customers,
    impact.treated_answers,
    round(impact.cost_per_point, 2) as cost_per_point,
    string_agg(checks.check_name, ', ' order by checks.check_name) as failed_checks,
    impact.verdict_message
from marts.fct_program_impact as impact
left join marts.fct_program_impact_checks as checks
    on impact.program_id = checks.program_id and checks.status = 'fail'
group by all
order by impact.verdict asc, effect desc nulls last, impact.program_name asc
