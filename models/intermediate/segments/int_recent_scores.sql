-- depends_on: {{ ref('segment_movements') }}
{% set scores = ref('customer_scores') -%}
{%- set earlier = existing_relation('intermediate', 'int_recent_scores') -%}
{%- set known = adapter.get_columns_in_relation(earlier) | map(attribute='name') | list
    if earlier is not none else [] -%}
{%- set keys = ['customer_id', 'score_date', 'model_version', 'logit'] -%}
{%- set drivers = driver_columns() -%}

with

scores as (

    select * from {{ scores }}

),

of_run as (

    select
        {% for name in keys %}
        {{ name }}{% if drivers or not loop.last %},{% endif %}
        {% endfor %}
        {% for name in drivers %}
        {{ name }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from scores
    where {{ is_recent('score_date') }}

),

of_earlier_runs as (

    {% if earlier is not none %}
    select
        {% for name in keys %}
        {{ name }}{% if drivers or not loop.last %},{% endif %}
        {% endfor %}
        {% for name in drivers %}
        {{ name if name in known else '0e0 as ' ~ name }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ earlier }}
    where
        {{ is_recent('score_date') }}
        and score_date not in (select score_date from of_run)
    {% else %}
    select * from of_run
    where false
    {% endif %}

),

recent_scores as (

    select * from of_run
    union all
    select * from of_earlier_runs

)

select * from recent_scores
