-- A flag that the interval does not bear would be held against a person; one that it bears must be there.
{%- set margin, fewest = var('agent_margin_points'), var('min_agent_answers') %}
{%- set marts = {'agent_id': ref('fct_agent_csat'), 'team': ref('fct_team_csat')} %}
with

compared as (

    {% for key, relation in marts.items() %}
    select
        '{{ key }}' as level,
        {{ key }} as entity_id,
        verdict,
        reason,
        answers,
        difference_shrunk,
        difference_shrunk_lower as lower,
        difference_shrunk_upper as upper
    from {{ relation }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

expected as (

    select
        *,
        case
            when answers < {{ fewest }} then 'none'
            when lower > 0 then 'above'
            when upper < 0 then 'below'
            when greatest(-lower, upper) <= {{ margin }} then 'as'
            else 'none'
        end as verdict_expected
    from compared

)

select *
from expected
where
    coalesce(verdict, 'none') <> verdict_expected
    or (verdict is null) = (reason is null)
    or difference_shrunk < lower
    or difference_shrunk > upper
