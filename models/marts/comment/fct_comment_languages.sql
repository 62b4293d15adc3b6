with

figures as (

    select * from {{ ref('comment_theme_figures') }}
    where level in ('language', 'all')

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

languages as (

    select
        figures.language,

        figures.themes_reason,
        figures.sentiment_reason,

        figures.comments,
        figures.customers,
        figures.comment_share,
        figures.csat_answers,
        figures.csat,
        figures.csat_lower,
        figures.csat_upper,
        figures.themes,
        figures.comments_with_theme,
        figures.comments_learned_from,
        figures.sentiment_comments,
        figures.sentiment_mean,
        figures.sentiment_auc,
        figures.sentiment_auc_lower,
        figures.sentiment_auc_upper,
        figures.sentiment_correlation,

        figures.fitted_date as themes_found_date,
        as_of.as_of_date
    from figures
    cross join as_of

)

select * from languages
