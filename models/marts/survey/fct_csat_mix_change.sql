with

counts as (

    select * from {{ ref('int_survey_counts') }}
    where metric = 'csat' and period_kind in ('month', '28 days')

),

figures as (

    select
        *,
        {{ period_number('period_kind', 'period_start') }} as period_number,
        100e0 * favourable / answers as csat,
        {{ wilson('(1e0 * favourable / answers)', 'answers', -1) }} as csat_lower,
        {{ wilson('(1e0 * favourable / answers)', 'answers', 1) }} as csat_upper
    from counts
    where answers > 0

),

neighbours as (

    select
        coalesce(later.period_kind, earlier.period_kind) as period_kind,
        coalesce(later.period_number, earlier.period_number + 1) as period_number,
        coalesce(later.dimension, earlier.dimension) as dimension,
        coalesce(later.dimension_value, earlier.dimension_value) as dimension_value,
        coalesce(later.answers, 0) as answers,
        coalesce(earlier.answers, 0) as answers_before,
        later.csat,
        later.csat_lower,
        later.csat_upper,
        earlier.csat as csat_before,
        earlier.csat_lower as csat_before_lower,
        earlier.csat_upper as csat_before_upper,
        later.is_complete,
        later.period_start,
        earlier.period_start as before_start
    from figures as later
    full outer join figures as earlier
        on
            later.period_kind = earlier.period_kind
            and later.period_number = earlier.period_number + 1
            and later.dimension = earlier.dimension
            and later.dimension_value = earlier.dimension_value

),

changes as (

    select
        *,
        csat - csat_before as csat_change,
        {{ difference_interval('csat', 'csat_before', -1) }} as csat_change_lower,
        {{ difference_interval('csat', 'csat_before', 1) }} as csat_change_upper
    from neighbours

),

totals as (

    select * from changes
    where dimension = 'all' and answers > 0 and answers_before > 0

),

shares as (

    select
        changes.period_kind,
        changes.dimension,
        changes.dimension_value,
        changes.answers,
        changes.answers_before,
        changes.csat,
        changes.csat_before,
        changes.csat_change,
        changes.csat_change_lower,
        changes.csat_change_upper,
        1e0 * changes.answers / totals.answers as share,
        1e0 * changes.answers_before / totals.answers_before as share_before,
        totals.csat as total_csat,
        totals.csat_before as total_csat_before,
        totals.csat_change as total_change,
        totals.csat_change_lower as total_change_lower,
        totals.csat_change_upper as total_change_upper,
        totals.is_complete,
        totals.period_start,
        totals.before_start
    from changes
    inner join totals
        on
            changes.period_kind = totals.period_kind
            and changes.period_number = totals.period_number
    where changes.dimension <> 'all'

),

parts as (

    select
        *,
        {{ within_part('share', 'share_before', 'csat_change') }} as within_points,
        {{ mix_part('share', 'share_before', 'csat', 'csat_before', 'total_csat', 'total_csat_before') }}
            as mix_points
    from shares

),

mix_change as (

    select
        period_kind,
        dimension,
        dimension_value,

        case
            when answers_before = 0 then 'appears'
            when answers = 0 then 'vanishes'
            else 'stays'
        end as presence,
        case
            when answers_before = 0 then 'No answers in the period before.'
            when answers = 0 then 'No answers in the period.'
        end as reason,

        answers,
        answers_before,
        100e0 * share as answer_share,
        100e0 * share_before as answer_share_before,
        csat,
        csat_before,
        csat_change,
        csat_change_lower,
        csat_change_upper,
        mix_points,
        within_points,
        mix_points + within_points as points,
        total_csat,
        total_csat_before,
        total_change,
        total_change_lower,
        total_change_upper,

        is_complete,

        period_start,
        before_start
    from parts

)

select * from mix_change
