{#- What is compared, and the mix that is held fixed meanwhile. -#}
{%- set comparisons = {
    'channel': ['topic', 'team'],
    'topic': ['channel', 'team'],
    'team': ['channel', 'topic'],
} -%}
{%- set needed_percent = (100 * var('min_mix_coverage')) | round | int -%}
{%- set too_little_in_common = "'Only '"
    ~ " || cast(cast(floor(100e0 * mix_coverage) as integer) as varchar)"
    ~ " || ' % of the mix holds answers both of it and of others; " ~ needed_percent ~ " % are needed.'" %}

with

records as (

    select * from {{ ref('int_survey_records') }}
    where record_kind = 'answer' and metric = 'csat' and contact_id is not null

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

answers as (

    {% for kind in ['month', '28 days', '365 days'] %}
    select
        '{{ kind }}' as period_kind,
        {{ period_start(kind, 'records.counted_date', 'as_of.as_of_date') }} as period_start,
        {% for dimension in comparisons %}
        {{ dimension_value('records.' ~ dimension) }} as {{ dimension }},
        {% endfor %}
        records.is_favourable as is_satisfied
    from records
    cross join as_of
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

cells as (

    {% for dimension, held in comparisons.items() %}
    select
        period_kind,
        period_start,
        '{{ dimension }}' as dimension,
        {{ dimension }} as dimension_value,
        {{ held[0] }} as first_held,
        {{ held[1] }} as second_held,
        count(*) as answers,
        count(*) filter (where is_satisfied) as satisfied
    from answers
    group by period_kind, period_start, {{ dimension }}, {{ held[0] }}, {{ held[1] }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

compared as (

    -- Each value against all others of the same stratum: answers that are on both sides would make the two
    -- figures alike.
    select
        *,
        sum(answers) over (partition by period_kind, period_start, dimension, first_held, second_held)
            as stratum_answers,
        sum(answers) over (partition by period_kind, period_start, dimension, first_held, second_held)
        - answers as other_answers,
        sum(satisfied) over (partition by period_kind, period_start, dimension, first_held, second_held)
        - satisfied as other_satisfied,
        sum(answers) over (partition by period_kind, period_start, dimension) as all_answers,
        sum(satisfied) over (partition by period_kind, period_start, dimension) as all_satisfied
    from cells

),

weighted as (

    select
        *,
        -- Strata where one of the two has no answer say nothing of their difference.
        case when other_answers > 0 then stratum_answers else 0 end as weight
    from compared

),

summed as (

    select
        period_kind,
        period_start,
        dimension,
        dimension_value,
        cast(sum(answers) as bigint) as answers,
        cast(max(all_answers) - sum(answers) as bigint) as answers_of_others,
        sum(satisfied) as satisfied,
        max(all_satisfied) - sum(satisfied) as satisfied_of_others,
        sum(weight) as weight,
        1e0 * sum(weight) / max(all_answers) as mix_coverage,
        {{ exact_sum('weight * satisfied / (1e0 * answers)') }} as weighted_shares,
        {{ exact_sum('weight * other_satisfied / nullif(1e0 * other_answers, 0)') }}
            as others_weighted_shares,
        {{ exact_sum('weight * weight / (1e0 * answers)') }} as weight_squares,
        {{ exact_sum('weight * weight / nullif(1e0 * other_answers, 0)') }} as others_weight_squares
    from weighted
    group by period_kind, period_start, dimension, dimension_value

),

shares as (

    -- Kish: each answer of a stratum weighs the stratum's part of the mix over their number.
    select
        *,
        1e0 * satisfied / answers as share,
        1e0 * satisfied_of_others / nullif(answers_of_others, 0) as others_share,
        weighted_shares / nullif(weight, 0) as adjusted_share,
        others_weighted_shares / nullif(weight, 0) as others_adjusted_share,
        weight * weight / nullif(weight_squares, 0) as effective_answers,
        weight * weight / nullif(others_weight_squares, 0) as others_effective_answers,
        weight > 0 and mix_coverage >= {{ var('min_mix_coverage') }} as is_told
    from summed

),

figures as (

    select
        *,
        100e0 * share as csat,
        {{ wilson('share', 'answers', -1) }} as csat_lower,
        {{ wilson('share', 'answers', 1) }} as csat_upper,
        100e0 * others_share as others,
        100e0 * adjusted_share as adjusted,
        {{ wilson('adjusted_share', 'effective_answers', -1) }} as adjusted_lower,
        {{ wilson('adjusted_share', 'effective_answers', 1) }} as adjusted_upper,
        100e0 * others_adjusted_share as others_adjusted,
        {{ wilson('others_adjusted_share', 'others_effective_answers', -1) }} as others_adjusted_lower,
        {{ wilson('others_adjusted_share', 'others_effective_answers', 1) }} as others_adjusted_upper
    from shares

),

mix_adjusted as (

    select
        period_kind,
        dimension,
        dimension_value,

        case dimension
            {% for dimension, held in comparisons.items() %}
            when '{{ dimension }}' then '{{ held | join(" and ") }}'
            {% endfor %}
        end as held_fixed,
        case
            when not is_told then {{ too_little_in_common }}
        end as reason,

        csat,
        csat_lower,
        csat_upper,
        {% for name in ['adjusted', 'others_adjusted'] %}
        {% for end in ['', '_lower', '_upper'] %}
        case when is_told then {{ name }}{{ end }} end
            as {{ 'csat_' if name == 'adjusted' }}{{ name }}{{ end }},
        {% endfor %}
        {% endfor %}
        case when is_told then adjusted - others_adjusted end as difference,
        case when is_told then {{ difference_interval('adjusted', 'others_adjusted', -1) }} end
            as difference_lower,
        case when is_told then {{ difference_interval('adjusted', 'others_adjusted', 1) }} end
            as difference_upper,
        csat - others as difference_unadjusted,
        answers,
        answers_of_others,
        case when is_told then effective_answers end as effective_answers,
        mix_coverage,

        period_start
    from figures

)

select * from mix_adjusted
