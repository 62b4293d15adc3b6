-- depends_on: {{ ref('segment_movements') }}
{% set gone = [] -%}
{%- set earlier = existing_relation('intermediate', 'int_recent_scores') -%}
{%- set known = adapter.get_columns_in_relation(earlier) | map(attribute='name') | list
    if earlier is not none else [] -%}
{%- set drivers = driver_columns() -%}
{#- What a driver that is gone from the registry contributed stays as long as one of the days does. -#}
{%- for name in known if name.startswith('driver_') and name not in drivers -%}
    {%- if run_query('select 1 from ' ~ earlier ~ ' where ' ~ adapter.quote(name) ~ ' <> 0 limit 1') | length -%}
        {%- do gone.append(name) -%}
    {%- endif -%}
{%- endfor -%}

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
        {% for name in gone %}
        0e0 as {{ adapter.quote(name) }},
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
        {% for name in drivers + gone %}
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
