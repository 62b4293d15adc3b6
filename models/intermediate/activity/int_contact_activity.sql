with

contacts as (

    select * from {{ ref('stg_company__contacts_versions') }}

),

agents as (

    select * from {{ ref('stg_company__agents_versions') }}

),

customers as (

    select * from {{ ref('stg_company__customers_versions') }}

),

activity as (

    select
        contacts.contact_id as event_id,
        contacts.customer_id,

        contacts.channel,
        contacts.topic,
        contacts.queue,

        contacts.wait_seconds,
        contacts.transfers,
        -- A column that changes and has no time of its own counts only where loaded_at tells when.
        case when contacts.has_loaded_at then contacts.reopen_count end as reopen_count,
        {{ seconds_between('contacts.started_at', 'contacts.first_human_response_at') }}
            as human_response_seconds,
        {{ seconds_between('agents.hired_at', 'contacts.started_at') }} as agent_tenure_seconds,

        not {{ list_contains('agents.skills', 'contacts.topic') }} as is_skill_mismatch,
        contacts.channel <> customers.preferred_channel as is_other_channel,

        contacts.resolved_at,
        contacts.first_human_response_at,
        contacts.started_at as occurred_at,
        {{ order_by_time('contacts.started_at', 'contacts.contact_id') }} as event_order,
        {{ known_from('started_at', 'contacts') }} as known_from,
        contacts.superseded_at as known_until,
        {{ counts_as_loaded('started_at', 'contacts') }} as counts_as_loaded_at,
        contacts.loaded_at
    from contacts
    left join agents
        on
            contacts.agent_id = agents.agent_id
            and {{ known_at('agents', 'contacts.started_at') }}
            and {{ counts_as_loaded('hired_at', 'agents') }}
            <= {{ counts_as_loaded('started_at', 'contacts') }}
    left join customers
        on
            contacts.customer_id = customers.customer_id
            and {{ known_at('customers', 'contacts.started_at') }}
            and {{ counts_as_loaded('customer_since', 'customers') }}
            <= {{ counts_as_loaded('started_at', 'contacts') }}
    -- What a program causes is its effect, not the customer's own doing.
    where contacts.program_id is null

)

select * from activity
