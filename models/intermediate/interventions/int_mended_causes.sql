{#- Nobody is contacted twice for one cause: what lies before the last contact about it no longer counts. -#}
{%- set sources = activity_relations() -%}
{%- set definitions = ref('intervention_definitions') -%}
{%- set as_of_day = literal_day(ref('int_as_of_date'), 'min(as_of_date)') -%}
{%- set causes = defined_causes() -%}
{#- Days back; what came of a contact longer ago no longer matters. -#}
{%- set looked_back_days = 365 -%}

with

as_of as (

    select
        as_of_date,
        known_before,
        cast({{ add_days('as_of_date', 1) }} as timestamp) as as_of_at
    from {{ ref('int_as_of_date') }}

),

customer_interventions as (

    select * from {{ ref('customer_interventions') }}

),

definitions as (

    select * from {{ definitions }}

),

last_interventions as (

    select * from {{ ref('int_last_interventions') }}

),

contacts as (

    select * from {{ ref('stg_company__contacts_versions') }}

),

answered_contacts as (

    select
        contacts.customer_id,
        max({{ answered_by_person_at('contacts') }}) as last_answered_at
    from contacts
    cross join as_of
    where
        {{ known_before_as_of('contacts') }}
        and contacts.started_at >= {{ add_days(as_of_day, -looked_back_days) }}
        and {{ answered_by_person_at('contacts') }} < as_of.as_of_at
    group by contacts.customer_id

),

contacted as (

    select
        customer_interventions.customer_id,
        customer_interventions.intervention,
        last_interventions.last_intervened_at,
        case when definitions.is_mended_by_contact then answered_contacts.last_answered_at end
            as last_answered_at
    from customer_interventions
    inner join definitions on customer_interventions.intervention = definitions.intervention
    left join last_interventions
        on
            customer_interventions.customer_id = last_interventions.customer_id
            and last_interventions.last_intervened_at >= {{ add_days(as_of_day, -looked_back_days) }}
    left join answered_contacts on customer_interventions.customer_id = answered_contacts.customer_id
    where definitions.cause_source is not null

),

mends as (

    select
        customer_id,
        intervention,
        case
            when last_answered_at > coalesce(last_intervened_at, timestamp '0001-01-01')
                then 'a person has answered the customer since'
            else 'an intervention has come since'
        end as mended_by,
        greatest(last_answered_at, last_intervened_at) as mended_at
    from contacted
    where last_answered_at is not null or last_intervened_at is not null

),

-- Told anew of what has become known since: there is the cause once more.
lasting as (

    {% for cause in causes %}
    select
        mends.customer_id,
        mends.intervention
    from mends
    cross join as_of
    inner join {{ sources[cause.cause_source] }} as activity
        on
            mends.customer_id = activity.customer_id
            and mends.mended_at < activity.known_from
            and as_of.as_of_at > activity.occurred_at
            and as_of.as_of_at > activity.known_from
            and as_of.known_before > activity.counts_as_loaded_at
    where
        mends.intervention = '{{ cause.intervention }}'
        and activity.occurred_at >= {{ add_days(as_of_day, -looked_back_days) }}
        and coalesce(activity.known_until, {{ end_of_time() }}) >= as_of.as_of_at
    group by mends.customer_id, mends.intervention
    having {{ cause.cause_since }}

    union all

    {% endfor %}
    select
        customer_id,
        intervention
    from mends
    where false

),

mended_causes as (

    select
        mends.customer_id,
        mends.intervention,

        mends.mended_by,

        mends.mended_at
    from mends
    left join lasting
        on mends.customer_id = lasting.customer_id and mends.intervention = lasting.intervention
    where lasting.customer_id is null

)

select * from mended_causes
