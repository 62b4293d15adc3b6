-- What chance decided stands: days before today are never written again, not even by a full refresh.
with

candidates as (

    select * from {{ ref('int_intervention_candidates') }}
    where exclusion is null

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

earlier as (

    select * from {{ ref('int_earlier_assignments') }}

),

last_list as (

    select max(queue_date) as queue_date
    from earlier

),

yesterday as (

    select earlier.*
    from earlier
    inner join last_list on earlier.queue_date = last_list.queue_date

),

draws as (

    select
        earlier.customer_id,
        max(earlier.drawn_date) as drawn_date,
        bool_or(earlier.is_held_out) as is_held_out
    from earlier
    cross join as_of
    where earlier.drawn_date > {{ add_days('as_of.as_of_date', -var('queue_redraw_days')) }}
    group by earlier.customer_id

),

due as (

    select
        candidates.*,
        coalesce(yesterday.listed_since, candidates.queue_date) as listed_since,
        coalesce(draws.drawn_date, candidates.queue_date) as drawn_date,
        coalesce(
            draws.is_held_out,
            {{ hash_share(
                queue_program() ~ " || candidates.customer_id || '|' || cast(candidates.queue_date as varchar)"
            ) }} < {{ var('queue_holdout_share') }}
        ) as is_held_out,
        -- Who is on the list stays, unless a newcomer is worth more by a margin.
        candidates.expected_net_value
        * case
            when yesterday.customer_id is null then 1e0
            else 1e0 + {{ var('queue_stay_bonus') }}
        end as priority
    from candidates
    left join yesterday on candidates.customer_id = yesterday.customer_id
    left join draws on candidates.customer_id = draws.customer_id

),

ranked as (

    select
        *,
        sum(case when is_held_out then 0 else 1 end) over (
            order by priority desc, customer_id asc
            rows between unbounded preceding and current row
        ) as contacts
    from due

),

-- The held-out are those who would have been on the list: as high up as its last contact.
listed as (

    select *
    from ranked
    where
        contacts < {{ var('queue_capacity') }}
        or (contacts = {{ var('queue_capacity') }} and not is_held_out)

),

assignments as (

    select
        customer_id,
        intervention,

        cast(
            row_number() over (
                partition by is_held_out order by expected_net_value desc, customer_id asc
            ) as bigint
        ) as queue_rank,
        csat_score,
        csat_score_lower,
        csat_score_upper,
        change_28_days,
        lever_points,
        expected_gap_points,
        gain_points,
        probability_helps,
        annual_value,
        value_at_risk,
        expected_value,
        intervention_cost,
        expected_net_value,

        is_low,
        is_falling,
        is_measured,
        is_held_out,

        queue_date,
        listed_since,
        drawn_date,
        last_intervention_date
    from listed

)

select * from assignments
