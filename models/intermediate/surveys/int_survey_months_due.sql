{#- Surveys become due, and what claimed to come from the future is no longer in it. -#}
{%- set counted_until = surveys_counted_until() -%}
{%- set deciding = {'contacts': 'contact_id', 'agents': 'agent_id', 'customers': 'customer_id'} %}

-- depends_on: {{ ref('base_company__contacts') }}, {{ ref('base_company__agents') }}
-- depends_on: {{ ref('base_company__customers') }}, {{ ref('int_as_of_date') }}
-- depends_on: {{ ref('base_company__survey_invitations') }}, {{ ref('base_company__survey_responses') }}
-- depends_on: {{ ref('stg_survey_answers') }}, {{ ref('survey_instruments') }}
with

{% if counted_until is none %}
months as (

    select {{ month_for_all() }} as survey_month

),

{% else %}
invitations as (

    -- Also those that are refused: they may have counted before.
    select * from {{ ref('base_company__survey_invitations') }}
    where sent_at is not null

),

responses as (

    select * from {{ ref('base_company__survey_responses') }}
    where responded_at is not null

),

changed as (

    select
        reader,
        record_key,
        min(changed_from) as changed_from
    from {{ changed_rows() }}
    group by reader, record_key

),

{% for surveys, key, moment, days_open in [
    ('invitations', 'invitation_id', 'sent_at', var('response_days')), ('responses', 'response_id', 'responded_at', 0)
] %}
touched_{{ surveys }} as (

    select
        {{ surveys }}.invitation_id,
        {{ surveys }}.{{ moment }}
    from {{ surveys }}
    left join changed
        on {{ surveys }}.{{ key }} = changed.record_key and changed.reader = 'base_company__survey_{{ surveys }}'
    {% if surveys == 'responses' %}
    left join changed as changed_invitations
        on
            responses.invitation_id = changed_invitations.record_key
            and changed_invitations.reader = 'base_company__survey_invitations'
    {% endif %}
    {% for source_table, column in deciding.items() %}
    left join changed as changed_{{ source_table }}
        on
            {{ surveys }}.{{ column }} = changed_{{ source_table }}.record_key
            and {{ surveys }}.{{ moment }} >= changed_{{ source_table }}.changed_from
            and changed_{{ source_table }}.reader = 'base_company__{{ source_table }}'
    {% endfor %}
    where
        {{ surveys }}.{{ moment }} >= {{ add_days(counted_until, 1 - days_open) }}
        or changed.record_key is not null
        {% if surveys == 'responses' %}
        or changed_invitations.record_key is not null
        {% endif %}
        {% for source_table in deciding %}
        or changed_{{ source_table }}.record_key is not null
        {% endfor %}

),

{% endfor %}
moments as (

    select sent_at
    from touched_invitations

    union all

    select responded_at as sent_at
    from touched_responses

    union all

    -- An answer decides whether its invitation was answered, and counts as sent with it.
    select invitations.sent_at
    from touched_responses
    inner join invitations on touched_responses.invitation_id = invitations.invitation_id

    union all

    select responses.responded_at as sent_at
    from touched_invitations
    inner join responses on touched_invitations.invitation_id = responses.invitation_id

),

months as (

    select {{ survey_month('sent_at') }} as survey_month
    from moments
    group by {{ survey_month('sent_at') }}

),

{% endif %}
months_due as (

    select survey_month
    from months

)

select * from months_due
