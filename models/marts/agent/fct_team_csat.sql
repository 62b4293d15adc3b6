with

comparison as (

    select * from {{ ref('agent_comparison') }}
    where level = 'team'

),

agents as (

    select * from {{ ref('dim_agents') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

members as (

    select
        team,
        count(*) as agents,
        count(*) filter (where is_new) as new_agents
    from agents
    where team is not null
    group by team

),

-- Teams that were and teams that are: a team may have been closed within the window, or be new.
teams as (

    select team
    from members

    union distinct

    select entity_id as team
    from comparison

),

counts as (

    select
        teams.team,
        coalesce(members.agents, 0) as agents,
        coalesce(members.new_agents, 0) as new_agents,
        coalesce(comparison.answers, 0) as answers,
        coalesce(comparison.satisfied_answers, 0) as satisfied_answers,
        coalesce(comparison.answers_while_new, 0) as answers_while_new,
        1e0 * comparison.satisfied_answers / comparison.answers as satisfied_share
    from teams
    left join members on teams.team = members.team
    left join comparison on teams.team = comparison.entity_id

),

team_csat as (

    select
        counts.team,

        comparison.verdict,
        case when comparison.entity_id is null then 'No answers.' else comparison.reason end as reason,

        counts.agents,
        counts.new_agents,
        counts.answers,
        counts.satisfied_answers,
        counts.answers_while_new,
        100e0 * counts.satisfied_share as csat_survey,
        {{ wilson('counts.satisfied_share', 'counts.answers', -1) }} as csat_survey_lower,
        {{ wilson('counts.satisfied_share', 'counts.answers', 1) }} as csat_survey_upper,
        comparison.csat_expected,
        comparison.difference,
        comparison.difference_shrunk,
        comparison.difference_shrunk_lower,
        comparison.difference_shrunk_upper,

        as_of.as_of_date
    from counts
    cross join as_of
    left join comparison on counts.team = comparison.entity_id

)

select * from team_csat
