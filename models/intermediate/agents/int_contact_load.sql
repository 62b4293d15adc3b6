{#- Agents who handled a contact in the hour count as staffed: rosters are not in the contract. -#}
-- How busy it was when each contact began: contacts of its queue in that hour, for each agent at work in it.
with

contacts as (

    select * from {{ ref('stg_company__contacts_versions') }}

),

agents as (

    select * from {{ ref('stg_company__agents_versions') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

known_contacts as (

    select
        contacts.contact_id,
        contacts.agent_id,

        contacts.topic,
        contacts.channel,
        contacts.queue,

        contacts.wait_seconds,

        contacts.started_at,
        date_trunc('hour', contacts.started_at) as started_hour
    from contacts
    cross join as_of
    where
        contacts.started_at >= {{ add_days('as_of.as_of_date', 1 - var('agent_window_days')) }}
        and contacts.started_at < {{ add_days('as_of.as_of_date', 1) }}
        and {{ known_before_as_of('contacts') }}

),

hours as (

    select
        coalesce(queue, '(none)') as queue_name,
        started_hour,
        count(*) as contacts_in_hour,
        count(distinct agent_id) as agents_in_hour
    from known_contacts
    group by coalesce(queue, '(none)'), started_hour

),

loaded as (

    select
        known_contacts.contact_id,
        known_contacts.agent_id,

        known_contacts.topic,
        known_contacts.channel,
        known_contacts.queue,

        known_contacts.wait_seconds,
        hours.contacts_in_hour,
        hours.agents_in_hour,
        1e0 * hours.contacts_in_hour / nullif(hours.agents_in_hour, 0) as contacts_per_agent,
        -- Load is that of a true hour: clocks that are set back show one hour twice.
        cast(
            extract(hour from {{ local_time('known_contacts.started_at', var('time_zone')) }}) as integer
        ) as hour_of_day,

        {{ list_contains('agents.skills', 'known_contacts.topic') }} as is_skill_match,

        known_contacts.started_at,
        known_contacts.started_hour
    from known_contacts
    cross join as_of
    inner join hours
        on
            coalesce(known_contacts.queue, '(none)') = hours.queue_name
            and known_contacts.started_hour = hours.started_hour
    left join agents
        on
            known_contacts.agent_id = agents.agent_id
            and {{ known_before_as_of('agents') }}

)

select * from loaded
