-- An answer or invitation that no period or value of a dimension holds would drop out of a figure without a
-- trace; one that two hold would count twice.
with

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

figures as (

    select
        case when period_kind = 'day' then 'day' else 'any other' end as kinds,
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

given as (

    select
        metric,
        cast(responded_at as date) as counted_date,
        1 as answers,
        case when is_favourable then 1 else 0 end as favourable,
        0 as invitations
    from {{ ref('int_survey_ratings') }}

    union all

    select
        metric,
        cast(sent_at as date) as counted_date,
        0 as answers,
        0 as favourable,
        1 as invitations
    from {{ ref('int_survey_invitations') }}

),

by_metric as (

    select
        given.metric,
        {{ has_figures('day', 'given.counted_date', 'as_of.as_of_date') }} as is_in_days,
        sum(given.answers) as answers,
        sum(given.favourable) as favourable,
        sum(given.invitations) as invitations
    from given
    cross join as_of
    group by given.metric, {{ has_figures('day', 'given.counted_date', 'as_of.as_of_date') }}

),

expected as (

    select
        'day' as kinds,
        metric,
        answers,
        favourable,
        invitations
    from by_metric
    where is_in_days

    union all

    select
        'any other' as kinds,
        metric,
        sum(answers) as answers,
        sum(favourable) as favourable,
        sum(invitations) as invitations
    from by_metric
    group by metric

)

select figures.*
from figures
left join expected on figures.kinds = expected.kinds and figures.metric = expected.metric
where
    figures.answers <> coalesce(expected.answers, 0)
    or figures.favourable <> coalesce(expected.favourable, 0)
    or figures.invitations <> coalesce(expected.invitations, 0)
