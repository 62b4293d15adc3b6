with

events as (

    select * from {{ ref('int_journey_events') }}

),

kinds as (

    select
        event,
        detail,
        channel
    from events
    group by event, detail, channel

),

event_kinds as (

    select kinds.*
    from kinds
    {% if is_incremental() %}
    -- A topic that nobody has called about for years is still one, and a definition that names it no mistake.
    where
        not exists (
            select 1
            from {{ this }} as earlier
            where
                kinds.event = earlier.event
                and coalesce(kinds.detail, '') = coalesce(earlier.detail, '')
                and coalesce(kinds.channel, '') = coalesce(earlier.channel, '')
        )
    {% endif %}

)

select * from event_kinds
