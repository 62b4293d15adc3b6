{#- Days after which a next answer is no longer taken for one about the follow-up. -#}
{%- set next_answer_days = 90 -%}

with

ratings as (

    select * from {{ ref('int_survey_ratings') }}

),

records as (

    select * from {{ ref('int_survey_records') }}
    where record_kind = 'answer'

),

phrases as (

    select * from {{ ref('follow_up_phrases') }}

),

contacts as (

    select * from {{ ref('stg_company__contacts_versions') }}

),

closed_customers as (

    select * from {{ ref('int_closed_customers') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

-- Each comment once, however many phrases it holds. "Not solved yet, but they keep me informed" asks for
-- nothing where it comes with praise; "call me" does.
asking_comments as (

    select distinct ratings.response_id
    from ratings
    inner join phrases on lower(ratings.comment) like '%' || phrases.phrase || '%'
    where phrases.is_asking_when_favourable or not coalesce(ratings.is_favourable, false)

),

asking as (

    select
        ratings.response_id,
        ratings.customer_id,
        ratings.metric,
        ratings.rating,
        ratings.value_0_100,
        ratings.responded_at,
        coalesce(
            case
                when ratings.metric = 'csat' then not ratings.is_satisfied
                else ratings.is_unfavourable
            end,
            false
        ) as is_low,
        asking_comments.response_id is not null as has_asked
    from ratings
    cross join as_of
    left join asking_comments on ratings.response_id = asking_comments.response_id
    where
        ratings.responded_at < {{ add_days('as_of.as_of_date', 1) }}
        and ratings.responded_at >= {{ add_days('as_of.as_of_date', -var('estimation_days')) }}

),

human_contacts as (

    select
        contacts.contact_id,
        contacts.customer_id,
        contacts.agent_id,
        contacts.program_id,
        contacts.topic,
        contacts.started_at,
        {{ answered_by_person_at('contacts') }} as answered_at
    from contacts
    cross join as_of
    where
        {{ known_before_as_of('contacts') }}
        and {{ answered_by_person_at('contacts') }} < {{ add_days('as_of.as_of_date', 1) }}

),

-- Only contacts that began after the answer: one under way is what the answer was about. And only soon after:
-- every customer gets in touch about something some day.
begun_after as (

    select
        asking.response_id,
        human_contacts.contact_id,
        human_contacts.agent_id,
        human_contacts.answered_at,
        case
            when human_contacts.program_id is not null then 'by a program'
            when human_contacts.topic = records.topic then 'same topic'
            else 'another contact'
        end as follow_up_kind
    from asking
    left join records on asking.response_id = records.record_id
    inner join human_contacts
        on
            asking.customer_id = human_contacts.customer_id
            and asking.responded_at < human_contacts.started_at
            and asking.responded_at + interval {{ var('follow_up_window_days') }} day
            > human_contacts.answered_at
    where asking.is_low or asking.has_asked

),

followed as (

    select
        *,
        row_number() over (
            partition by response_id
            order by follow_up_kind = 'another contact', answered_at, contact_id
        ) as place
    from begun_after

),

next_answers as (

    select
        asking.response_id,
        later.response_id as next_response_id,
        later.is_satisfied as is_next_satisfied,
        later.responded_at as next_responded_at,
        row_number() over (
            partition by asking.response_id order by later.responded_at, later.response_id
        ) as place
    from asking
    inner join ratings as later
        on
            asking.customer_id = later.customer_id
            and asking.responded_at < later.responded_at
            and asking.responded_at + interval {{ next_answer_days }} day > later.responded_at
    cross join as_of
    where
        later.metric = 'csat'
        and later.is_satisfied is not null
        and later.responded_at < {{ add_days('as_of.as_of_date', 1) }}

),

told as (

    select
        asking.response_id,
        asking.customer_id,
        followed.contact_id as follow_up_contact_id,
        followed.agent_id as follow_up_agent_id,
        next_answers.next_response_id,

        case
            when asking.is_low and asking.has_asked then 'low rating, and the comment asks for it'
            when asking.is_low then 'low rating'
            else 'the comment asks for it'
        end as asked_by,
        followed.follow_up_kind,
        asking.metric,
        records.channel,
        records.topic,
        records.team,

        asking.rating,
        asking.value_0_100,
        {{ days_between('cast(asking.responded_at as date)', 'cast(followed.answered_at as date)') }}
            as days_to_follow_up,
        -- Nobody can be followed up after leaving, and nothing later than the window counts.
        least(
            {{ days_between(
                'cast(asking.responded_at as date)',
                'least(as_of.as_of_date, coalesce(closed_customers.closed_date, as_of.as_of_date))'
            ) }},
            {{ var('follow_up_window_days') }}
        ) as followed_days,
        {{ days_between('cast(asking.responded_at as date)', 'as_of.as_of_date') }} as days_since_answer,

        followed.contact_id is not null as is_followed_up,
        coalesce(followed.follow_up_kind = 'by a program', false) as is_by_program,
        closed_customers.customer_id is not null as has_left,
        next_answers.is_next_satisfied,
        case
            when next_answers.next_response_id is not null
                then coalesce(followed.answered_at < next_answers.next_responded_at, false)
        end as is_followed_up_before_next,

        asking.responded_at,
        followed.answered_at as followed_up_at,
        as_of.as_of_date
    from asking
    cross join as_of
    left join records on asking.response_id = records.record_id
    left join followed on asking.response_id = followed.response_id and followed.place = 1
    left join next_answers on asking.response_id = next_answers.response_id and next_answers.place = 1
    left join closed_customers on asking.customer_id = closed_customers.customer_id
    where asking.is_low or asking.has_asked

)

select * from told
