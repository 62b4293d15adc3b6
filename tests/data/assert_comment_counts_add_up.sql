-- Each comment counts once in its language, and once in its theme: or shares are those of other comments.
with

comments as (

    select * from {{ ref('fct_survey_comments') }}

),

languages as (

    select * from {{ ref('fct_comment_languages') }}

),

themes as (

    select * from {{ ref('fct_comment_themes') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

counted as (

    select comments.*
    from comments
    cross join as_of
    where comments.response_date > {{ add_days('as_of.as_of_date', -var('comment_days')) }}

),

by_language as (

    select
        language,
        count(*) as comments,
        count(is_satisfied) as csat_answers,
        count(theme_id) as comments_with_theme
    from counted
    group by language

    union all

    select
        'all' as language,
        count(*) as comments,
        count(is_satisfied) as csat_answers,
        count(theme_id) as comments_with_theme
    from counted
    having count(*) > 0

),

by_main_theme as (

    select
        theme_id,
        count(*) as comments
    from counted
    where theme_id is not null
    group by theme_id

),

differing as (

    select coalesce(languages.language, by_language.language) as counted_as
    from languages
    full outer join by_language on languages.language = by_language.language
    where
        languages.comments is distinct from by_language.comments
        or languages.csat_answers is distinct from by_language.csat_answers
        or languages.comments_with_theme is distinct from by_language.comments_with_theme

    union all

    -- A comment may have other themes beside its main one.
    select by_main_theme.theme_id as counted_as
    from by_main_theme
    left join themes on by_main_theme.theme_id = themes.theme_id
    where themes.comments is null or themes.comments < by_main_theme.comments

)

select * from differing
