with

episodes as (

    select * from {{ ref('alarm_episodes') }}

),

times as (

    select
        alert_id,
        min(opened_date) as opened_date,
        case when count(closed_date) = count(*) then max(closed_date) end as closed_date
    from episodes
    group by alert_id

),

causes as (

    select * from episodes
    where is_cause

),

alerts as (

    select
        causes.alert_id,

        causes.level,
        causes.entity_id,
        causes.measure,
        causes.kind,
        case
            when times.closed_date is not null then 'closed'
            when times.opened_date = causes.as_of_date then 'opened'
            else 'ongoing'
        end as status,
        causes.driver,
        causes.message,
        array_to_string(causes.also_falling, ', ') as also_falling,
        case when times.closed_date is not null then causes.ending end as ending,

        causes.value_before,
        causes.value_after,
        causes.episodes_per_year_by_chance,
        cast(causes.weight as bigint) as concerned,

        causes.began_date,
        times.opened_date,
        times.closed_date,
        causes.as_of_date
    from causes
    inner join times on causes.alert_id = times.alert_id

)

select * from alerts
