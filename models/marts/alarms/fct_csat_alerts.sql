with

episodes as (

    select
        *,
        coalesce(joined_alert_id, alert_id) as told_by
    from {{ ref('alarm_episodes') }}

),

times as (

    select
        told_by,
        min(opened_date) as opened_date,
        min(case when joined_alert_id is null then first_told_date end) as first_told_date,
        case when count(closed_date) = count(*) then max(closed_date) end as closed_date
    from episodes
    group by told_by

),

causes as (

    select
        episodes.told_by as alert_id,
        episodes.level,
        episodes.entity_id,
        episodes.measure,
        episodes.kind,
        episodes.driver,
        episodes.message,
        episodes.also_falling,
        case when times.closed_date is not null then episodes.ending end as ending,
        episodes.value_before,
        episodes.value_after,
        episodes.episodes_per_year_by_chance,
        episodes.weight,
        episodes.began_date,
        times.opened_date,
        times.closed_date,
        times.first_told_date,
        episodes.as_of_date
    from episodes
    inner join times on episodes.told_by = times.told_by
    where episodes.is_cause

),

ranked as (

    select
        *,
        row_number() over (
            partition by alert_id order by opened_date asc, weight asc, episode_id asc
        ) as place
    from episodes
    where joined_alert_id is not null

),

joined as (

    -- What was told is not taken back: an alarm found to be of one cause with an earlier one is over.
    select
        alert_id,
        level,
        entity_id,
        measure,
        kind,
        driver,
        message || ' It is of one cause with the alarm ' || joined_alert_id || '.' as message,
        also_falling,
        'joined' as ending,
        value_before,
        value_after,
        episodes_per_year_by_chance,
        weight,
        began_date,
        opened_date,
        joined_date as closed_date,
        first_told_date,
        as_of_date
    from ranked
    where place = 1

),

all_alerts as (

    select * from causes

    union all

    select * from joined

),

alerts as (

    select
        alert_id,

        level,
        entity_id,
        measure,
        kind,
        case
            when closed_date is not null then 'closed'
            -- Not by the day of opening: of a day that was missed, or opened again by late rows, nobody has
            -- heard yet.
            when first_told_date >= as_of_date then 'opened'
            else 'ongoing'
        end as status,
        driver,
        message,
        array_to_string(also_falling, ', ') as also_falling,
        ending,

        value_before,
        value_after,
        episodes_per_year_by_chance,
        cast(weight as bigint) as concerned,

        began_date,
        opened_date,
        closed_date,
        first_told_date,
        as_of_date
    from all_alerts

)

select * from alerts
