with

examples as (

    select * from {{ ref('coaching_examples') }}

),

contacts as (

    select * from {{ ref('int_coaching_contacts') }}

),

comments as (

    select * from {{ ref('comment_texts') }}

),

comparison as (

    select * from {{ ref('agent_comparison') }}

),

coaching as (

    select
        examples.level,
        examples.entity_id,
        examples.example_kind,
        examples.example_rank,
        examples.response_id,
        contacts.contact_id,
        contacts.customer_id,
        contacts.agent_id,
        examples.similar_response_id,
        similar_contacts.contact_id as similar_contact_id,
        similar_contacts.agent_id as similar_agent_id,

        contacts.team,
        contacts.channel,
        contacts.topic,
        contacts.queue,
        comparison.verdict,
        comments.comment,
        examples.drivers,
        examples.circumstances,
        examples.why,
        similar_comments.comment as similar_comment,
        examples.similar_drivers,

        contacts.rating,
        examples.expected,
        examples.surprise,
        examples.answers,
        examples.unsatisfied_answers,
        examples.chance_of_as_many,
        examples.similar_answers,
        examples.similar_satisfied,

        contacts.is_satisfied,

        contacts.sent_at,
        contacts.as_of_date
    from examples
    inner join contacts on examples.response_id = contacts.response_id
    left join comments on examples.response_id = comments.response_id
    left join comparison
        on examples.level = comparison.level and examples.entity_id = comparison.entity_id
    left join contacts as similar_contacts
        on examples.similar_response_id = similar_contacts.response_id
    left join comments as similar_comments
        on examples.similar_response_id = similar_comments.response_id

)

select * from coaching
