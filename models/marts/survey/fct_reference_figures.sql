with

reference_figures as (

    select * from {{ ref('reference_figures') }}
    where industry in ('{{ var("company_industry") }}', 'all')

),

measures as (

    select * from {{ ref('fct_survey_measures') }}
    where period_kind = '365 days' and dimension = 'all'

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

latest as (

    select
        measures.measure,
        measures.figure,
        measures.figure_lower,
        measures.figure_upper,
        measures.answers
    from measures
    inner join as_of on measures.period_end = as_of.as_of_date

),

compared as (

    select
        reference_figures.reference_id,
        reference_figures.industry,
        reference_figures.measure,
        reference_figures.measured_as,
        reference_figures.what_was_measured,
        reference_figures.scale,
        reference_figures.market,
        reference_figures.source,
        reference_figures.source_url,
        case
            when reference_figures.measured_as = 'index'
                then 'A mean rating and no share of satisfied: the two scales cannot be subtracted.'
            else 'The same kind of figure, but of another question, of other people and of another year.'
        end as caveat,
        case
            when coalesce(latest.answers, 0) = 0 then 'No own answers in the 365 days up to the as-of date.'
        end as reason,

        cast(reference_figures.year as bigint) as year,
        reference_figures.figure as reference_figure,
        latest.figure as own_figure,
        latest.figure_lower as own_figure_lower,
        latest.figure_upper as own_figure_upper,
        coalesce(latest.answers, 0) as own_answers,

        reference_figures.measured_as <> 'index' as is_same_scale
    from reference_figures
    left join latest on reference_figures.measure = latest.measure

)

select * from compared
