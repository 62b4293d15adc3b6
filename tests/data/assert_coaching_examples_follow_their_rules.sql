-- A bad example that is luck, or a hard case, would be held against a person; and advice must be of others.
with

examples as (

    select * from {{ ref('fct_coaching_examples') }}

),

contacts as (

    select * from {{ ref('int_coaching_contacts') }}

)

select examples.*
from examples
left join contacts as similar_contacts on examples.similar_response_id = similar_contacts.response_id
where
    examples.is_satisfied <> (examples.example_kind = 'good')
    or (
        examples.example_kind = 'bad'
        and (
            examples.expected < 100e0 * {{ var('coaching_least_expected') }} - 1e-9
            or examples.chance_of_as_many > {{ var('coaching_largest_chance') }}
            or examples.answers < {{ var('min_agent_answers') }}
        )
    )
    or (examples.comment is null and examples.drivers is null)
    or (
        examples.similar_response_id is not null
        and (
            not similar_contacts.is_satisfied
            or similar_contacts.topic <> examples.topic
            or examples.agent_id = similar_contacts.agent_id
            or (examples.level = 'team' and examples.team = similar_contacts.team)
        )
    )
