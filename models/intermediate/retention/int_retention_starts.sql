with

windows as (

    select * from {{ ref('int_retention_windows') }}

),

scores as (

    select * from {{ ref('int_customer_csat_scores') }}

),

closed as (

    select * from {{ ref('int_closed_customers') }}

),

scored as (

    select
        scores.customer_id,
        windows.horizon_days,
        windows.windows_back,
        windows.followed_days,
        windows.is_whole,
        windows.score_date,
        windows.end_date,
        scores.csat_score,
        rank() over (
            partition by windows.horizon_days, windows.windows_back order by scores.csat_score
        ) as place,
        count(*) over (partition by windows.horizon_days, windows.windows_back) as customers,
        count(*) over (
            partition by windows.horizon_days, windows.windows_back, scores.csat_score
        ) as alike
    from windows
    inner join scores on windows.score_date = scores.score_date

),

starts as (

    select
        scored.customer_id,
        scored.horizon_days,
        scored.windows_back,

        -- By the middle of the ranks of equal scores. Where all are equal nobody is lower than another: to
        -- call all of them the middle would fill it with days on which the model knew no difference.
        case
            when scored.alike < scored.customers
                then
                    1 + cast(
                        floor(5e0 * (scored.place - 1 + scored.alike / 2e0) / scored.customers) as bigint
                    )
        end as score_fifth,
        scored.csat_score,
        scored.followed_days,
        case
            when closed.closed_date <= scored.end_date
                then {{ days_between('scored.score_date', 'closed.closed_date') }}
        end as left_after_days,

        scored.is_whole,

        scored.score_date,
        scored.end_date
    from scored
    left join closed
        on scored.customer_id = closed.customer_id and scored.score_date < closed.closed_date

)

select * from starts
