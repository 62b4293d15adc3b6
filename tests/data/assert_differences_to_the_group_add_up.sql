-- The group is all its answers: what some are above it, others are below it.
{%- set marts = {'agent': ref('fct_agent_csat'), 'team': ref('fct_team_csat')} %}
with

sums as (

    {% for level, relation in marts.items() %}
    select
        '{{ level }}' as level,
        sum(answers * difference) / sum(answers) as mean_difference,
        sum(answers * difference_shrunk) / sum(answers) as mean_difference_shrunk,
        max(abs(csat_survey - csat_expected - difference)) as gap
    from {{ relation }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select *
from sums
where
    abs(mean_difference) > 1e-6
    or abs(mean_difference_shrunk) > 1e-6
    or gap > 1e-6
