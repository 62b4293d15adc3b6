with

counts as (

    select * from {{ ref('int_survey_counts') }}

),

shares as (

    select
        *,
        1e0 * invitations_answered / nullif(invitations_due, 0) as answered_share,
        1e0 * favourable / nullif(answers, 0) as favourable_share,
        1e0 * unfavourable / nullif(answers, 0) as unfavourable_share,
        {{ correlation_of_shares('favourable', 'unfavourable', 'answers') }} as correlation,
        value_sum / nullif(answers, 0) as mean_value,
        -- The sum of squares less n times the squared mean leaves crumbs where all values are the same.
        case
            when lowest_value < highest_value
                then (value_square_sum - value_sum * value_sum / answers) / (answers - 1)
        end as value_variance
    from counts

),

percents as (

    select
        *,
        100e0 * favourable_share as favourable_percent,
        {{ wilson('favourable_share', 'answers', -1) }} as favourable_percent_lower,
        {{ wilson('favourable_share', 'answers', 1) }} as favourable_percent_upper,
        100e0 * unfavourable_share as unfavourable_percent,
        {{ wilson('unfavourable_share', 'answers', -1) }} as unfavourable_percent_lower,
        {{ wilson('unfavourable_share', 'answers', 1) }} as unfavourable_percent_upper
    from shares

),

figures as (

    select
        *,
        metric as measure,
        favourable_percent as figure,
        favourable_percent_lower as figure_lower,
        favourable_percent_upper as figure_upper
    from percents
    where metric in ('csat', 'ces')

    union all

    select
        *,
        'nps' as measure,
        favourable_percent - unfavourable_percent as figure,
        {{ difference_interval('favourable_percent', 'unfavourable_percent', -1, 'correlation') }}
            as figure_lower,
        {{ difference_interval('favourable_percent', 'unfavourable_percent', 1, 'correlation') }}
            as figure_upper
    from percents
    where metric = 'nps'

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
