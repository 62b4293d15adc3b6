-- What moved a customer's score adds up to its change; everyone who was there on all days has it told; and
-- over a day the mean of all customers' behaviour is that of the base's ledger.
{%- set changes_by_span = {1: 'change_1_day', 7: 'change_7_days', 28: 'change_28_days'} %}
{%- set as_of_day = literal_day(ref('int_as_of_date'), 'min(as_of_date)') %}
with

changes as (

    select
        *,
        {% for family in families() %}
        change_{{ family }} {{ '+' if not loop.last }}
        {% endfor %} as behaviour
    from {{ ref('fct_customer_csat_changes') }}

),

daily as (

    select * from {{ ref('fct_customer_csat_daily') }}
    where score_date = {{ as_of_day }}

),

told as (

    {% for days, column in changes_by_span.items() %}
    select
        customer_id,
        {{ days }} as span_days,
        {{ column }} as change
    from daily
    where {{ column }} is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

scored_days as (

    {% for days in changes_by_span %}
    select
        customer_id,
        {{ days }} as span_days,
        count(*) as days
    from {{ ref('int_customer_csat_history') }}
    where score_date >= {{ add_days(as_of_day, -days) }}
    group by customer_id
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

of_base as (

    select
        (
            select avg(behaviour) from changes
            where span_days = 1
        ) as of_customers,
        (
            select sum(points) from {{ ref('fct_csat_change_ledger') }}
            where
                entity_id = 'all'
                and span_days = 1
                and component = 'behaviour'
                and score_date = {{ as_of_day }}
        ) as of_ledger

)

select
    told.customer_id,
    told.span_days,
    told.change,
    changes.behaviour + changes.change_new_version as told_change
from told
left join changes on told.customer_id = changes.customer_id and told.span_days = changes.span_days
left join scored_days on told.customer_id = scored_days.customer_id and told.span_days = scored_days.span_days
where
    abs(changes.behaviour + changes.change_new_version - told.change) > 1e-9
    or abs(changes.change - told.change) > 1e-9
    or (changes.customer_id is null and scored_days.days = told.span_days + 1)

union all

select
    'all' as customer_id,
    1 as span_days,
    of_ledger as change,
    of_customers as told_change
from of_base
where abs(of_customers - of_ledger) > 1e-9
