-- depends_on: {{ ref('segment_movements') }}
{% set earlier = existing_relation('intermediate', 'int_recent_scores') -%}
{%- set known = adapter.get_columns_in_relation(earlier) | map(attribute='name') | list
    if earlier is not none else [] -%}
{%- set drivers = driver_columns() -%}

with

scores as (

    select * from {{ ref('customer_scores') }}

),

of_run as (

    select
        customer_id,
        score_date,
        model_version,
        {% for name in drivers %}
        {{ adapter.quote(name) }},
        {% endfor %}
        logit
    from scores
    where {{ is_recent('score_date') }}

),

recent_scores as (

    select * from of_run

    {% if earlier is not none %}
    union all

    select
        earlier.customer_id,
        earlier.score_date,
        earlier.model_version,
        {% for name in drivers %}
        {{ 'earlier.' ~ adapter.quote(name) if name in known else '0e0' }},
        {% endfor %}
        earlier.logit
    from {{ earlier }} as earlier
    where
        earlier.score_date not in (select of_run.score_date from of_run)
        and {{ is_recent('earlier.score_date') }}
    {% endif %}

)

select * from recent_scores
