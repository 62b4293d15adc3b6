-- An answer or invitation that no period or value of a dimension holds would drop out of a figure without a
-- trace; one that two hold would count twice.
with

figures as (

    select
        period_kind,
        dimension,
        measure as metric,
        sum(answers) as answers,
        sum(favourable) as favourable,
        sum(invitations) as invitations
    from {{ ref('fct_survey_measures') }}
    where measure <> 'ces_mean'
    group by period_kind, dimension, measure

),

given_answers as (

    select
        metric,
        count(*) as answers,
        count(*) filter (where is_favourable) as favourable
    from {{ ref('int_survey_ratings') }}
    group by metric

),

sent_invitations as (

    select
        metric,
        count(*) as invitations
    from {{ ref('int_survey_invitations') }}
    group by metric

)

select figures.*
from figures
left join given_answers on figures.metric = given_answers.metric
left join sent_invitations on figures.metric = sent_invitations.metric
where
    figures.answers <> coalesce(given_answers.answers, 0)
    or figures.favourable <> coalesce(given_answers.favourable, 0)
    or figures.invitations <> coalesce(sent_invitations.invitations, 0)
