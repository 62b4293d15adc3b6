-- depends_on: {{ ref('segment_movements') }}
-- depends_on: {{ ref('int_segment_changes') }}
{% set placements = ref('segment_placements') -%}
{%- set earlier = existing_relation('intermediate', 'int_recent_placements') -%}
{%- set segments = [] -%}
{%- if execute and load_relation(placements) is not none -%}
    {%- for column in adapter.get_columns_in_relation(placements) if column.name.startswith('segment_') -%}
        {%- do segments.append(column.name) -%}
    {%- endfor -%}
{%- endif -%}
{#- By other definitions the columns stand for other segments. -#}
{%- set is_alike = earlier is not none and run_query(
    'select count(*) = 0 or min(definitions) in (select definitions from ' ~ earlier ~ ') from ' ~ placements
).rows[0][0] -%}

with

placements as (

    select * from {{ placements }}

),

of_run as (

    select
        customer_id,
        score_date,
        {% for name in segments %}
        {{ name }},
        {% endfor %}
        definitions
    from placements
    where {{ is_recent('score_date') }}

),

recent_placements as (

    select * from of_run

    {% if is_alike %}
    union all

    select
        earlier.customer_id,
        earlier.score_date,
        {% for name in segments %}
        earlier.{{ name }},
        {% endfor %}
        earlier.definitions
    from {{ earlier }} as earlier
    where
        earlier.score_date not in (select of_run.score_date from of_run)
        and {{ is_recent('earlier.score_date') }}
    {% endif %}

)

select * from recent_placements
