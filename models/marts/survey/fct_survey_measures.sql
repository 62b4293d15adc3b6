with

counts as (

    select * from {{ ref('int_survey_counts') }}

),

percents as (

    select
        *,
        1e0 * invitations_answered / nullif(invitations_due, 0) as answered_share,
        {{ answer_percents() }},
        value_sum / nullif(answers, 0) as mean_value,
        -- The sum of squares less n times the squared mean leaves crumbs where all values are the same.
        case
            when lowest_value < highest_value
                then (value_square_sum - value_sum * value_sum / answers) / (answers - 1)
        end as value_variance
    from counts

),

figures as (

    select
        *,
        metric as measure,
        {{ kpi_figure('metric') }} as figure,
        {{ kpi_figure('metric', -1) }} as figure_lower,
        {{ kpi_figure('metric', 1) }} as figure_upper
    from percents

    union all

    select
        *,
        'ces_mean' as measure,
        mean_value as figure,
        {{ mean_interval('mean_value', 'value_variance', 'answers', -1) }} as figure_lower,
        {{ mean_interval('mean_value', 'value_variance', 'answers', 1) }} as figure_upper
    from percents
    where metric = 'ces'

),

measures as (

    select
        period_kind,
        dimension,
        dimension_value,
        measure,

        case
            when measure = 'csat' then {{ band_claimed('figure_lower', 'figure_upper') }}
        end as band_claimed,
        case when answers = 0 then 'No answers.' end as reason,
        case
            when invitations = 0 then 'No invitations.'
            when invitations_due = 0 then 'All invitations are younger than {{ var("response_days") }} days.'
        end as response_rate_reason,
        scale,

        figure,
        figure_lower,
        figure_upper,
        answers,
        answers_without_invitation,
        favourable,
        unfavourable,
        case when scale is not null then rating_sum / answers end as mean_rating,
        100e0 * answered_share as response_rate,
        {{ wilson('answered_share', 'invitations_due', -1) }} as response_rate_lower,
        {{ wilson('answered_share', 'invitations_due', 1) }} as response_rate_upper,
        invitations,
        invitations_due,
        invitations_answered,

        is_complete,

        period_start,
        period_end
    from figures

)

select * from measures
