-- depends_on: {{ ref('segment_movements') }}
{% set placements = ref('segment_placements') -%}
{%- set earlier = existing_relation('intermediate', 'int_recent_placements') -%}
{#- By other definitions the columns stand for other segments. -#}
{%- set is_alike = earlier is not none and run_query(
    'select count(*) from (select definitions from ' ~ placements ~ ' limit 1) as placed where definitions not in'
    ~ ' (select definitions from ' ~ earlier ~ ')'
).rows[0][0] == 0 -%}

with

placements as (

    select * from {{ placements }}

),

of_run as (

    select * from placements
    where {{ is_recent('score_date') }}

),

of_earlier_runs as (

    {% if is_alike %}
    select * from {{ earlier }}
    where
        {{ is_recent('score_date') }}
        and score_date not in (select score_date from of_run)
    {% else %}
    select * from of_run
    where false
    {% endif %}

),

recent_placements as (

    select * from of_run
    union all
    select * from of_earlier_runs

)

select * from recent_placements
