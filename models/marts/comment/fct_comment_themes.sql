{#- A share of three answers tells nothing, and quotes three people. -#}
{%- set told = [
    'csat', 'csat_lower', 'csat_upper', 'csat_others', 'csat_others_lower', 'csat_others_upper',
    'difference', 'difference_lower', 'difference_upper',
    'effect_on_total', 'effect_on_total_lower', 'effect_on_total_upper',
] -%}
with

figures as (

    select * from {{ ref('comment_theme_figures') }}
    where level = 'theme'

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

themes as (

    select
        figures.theme_id,

        figures.language,
        figures.theme_name,
        figures.theme_words,
        figures.trend,
        case
            when figures.csat_answers < {{ var('min_segment_answers') }}
                then 'Fewer than {{ var("min_segment_answers") }} satisfaction answers.'
        end as reason,
        figures.example_1,
        figures.example_2,
        figures.example_3,

        figures.comments,
        figures.customers,
        figures.csat_answers,
        figures.comment_share,
        figures.comment_share_lower,
        figures.comment_share_upper,
        {% for name in told %}
        case
            when figures.csat_answers >= {{ var('min_segment_answers') }} then figures.{{ name }}
        end as {{ name }},
        {% endfor %}
        figures.sentiment_mean,
        figures.recent_share,
        figures.recent_share_lower,
        figures.recent_share_upper,
        figures.earlier_share,
        figures.earlier_share_lower,
        figures.earlier_share_upper,
        figures.share_change,
        figures.share_change_lower,
        figures.share_change_upper,
        figures.share_change_q_value,

        as_of.as_of_date
    from figures
    cross join as_of

)

select * from themes
