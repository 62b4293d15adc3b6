-- Masked wherever a mart shows it: an address of e-mail, or a long number, leads to a person.
{%- set shown = [
    (ref('fct_survey_comments'), 'comment'), (ref('fct_survey_answers'), 'comment'),
    (ref('fct_comment_themes'), 'example_1'), (ref('fct_comment_themes'), 'example_2'),
    (ref('fct_comment_themes'), 'example_3'),
] %}
with

shown as (

    {% for relation, column in shown %}
    select {{ column }} as comment
    from {{ relation }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select comment
from shown
where regexp_matches(comment, '[A-Za-z0-9]@[A-Za-z0-9-]{1,60}\.[A-Za-z]|\+[0-9]{9,15}|[1-9][0-9]{12,18}[1-9]')
