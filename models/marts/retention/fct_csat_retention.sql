with

starts as (

    select * from {{ ref('int_retention_starts') }}

),

curves as (

    select * from {{ ref('retention_curves') }}

),

outcomes as (

    select * from {{ ref('int_retention_outcomes') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

with_all as (

    select
        horizon_days,
        score_fifth,
        customer_id,
        csat_score,
        followed_days
    from starts
    where score_fifth is not null

    union all

    select
        horizon_days,
        cast(0 as bigint) as score_fifth,
        customer_id,
        csat_score,
        followed_days
    from starts

),

scores as (

    select
        horizon_days,
        score_fifth,
        count(*) as starts,
        count(distinct customer_id) as customers,
        {{ exact_sum('csat_score') }} / count(*) as mean_score,
        min(csat_score) as score_from,
        max(csat_score) as score_to
    from with_all
    group by horizon_days, score_fifth

),

ends as (

    select
        *,
        row_number() over (partition by horizon_days, score_fifth order by days desc) as place
    from curves

),

-- The curve says so much of the whole horizon only where somebody was followed that far: of the fifths those
-- of windows whose scores differ.
followed as (

    select
        horizon_days,
        score_fifth,
        max(followed_days) as followed_days
    from with_all
    group by horizon_days, score_fifth

),

told as (

    select
        scores.horizon_days,
        {{ score_fifth_label('scores.score_fifth') }} as score_band,

        {{ association() }} as evidence,
        case
            when followed.followed_days < scores.horizon_days
                then
                    'Scores reach back ' || cast(followed.followed_days as varchar)
                    || ' days only: fewer than ' || cast(scores.horizon_days as varchar) || '.'
        end as reason,

        scores.starts,
        scores.customers,
        scores.mean_score,
        scores.score_from,
        scores.score_to,
        ends.customers_left_so_far as customers_left,
        case when followed.followed_days >= scores.horizon_days then 100e0 * (1e0 - ends.staying_share) end
            as leaving_percent,
        case
            when followed.followed_days >= scores.horizon_days then 100e0 * (1e0 - ends.staying_share_upper)
        end
            as leaving_percent_lower,
        case
            when followed.followed_days >= scores.horizon_days then 100e0 * (1e0 - ends.staying_share_lower)
        end
            as leaving_percent_upper,
        {% for name in ['spend', 'complaints'] %}
        outcomes.{{ name }} as {{ name }}_per_customer,
        outcomes.{{ name }} - {{ normal_quantile() }} * outcomes.{{ name }}_std_error
            as {{ name }}_per_customer_lower,
        outcomes.{{ name }} + {{ normal_quantile() }} * outcomes.{{ name }}_std_error
            as {{ name }}_per_customer_upper,
        {% endfor %}

        as_of.as_of_date
    from scores
    inner join followed
        on scores.horizon_days = followed.horizon_days and scores.score_fifth = followed.score_fifth
    inner join ends
        on
            scores.horizon_days = ends.horizon_days
            and scores.score_fifth = ends.score_fifth
            and ends.place = 1
    left join outcomes
        on scores.horizon_days = outcomes.horizon_days and scores.score_fifth = outcomes.score_fifth
    cross join as_of

)

select * from told
