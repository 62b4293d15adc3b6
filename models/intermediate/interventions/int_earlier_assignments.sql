{#- What chance decided on the days before, as earlier runs have left it. Read without `ref`, because the list of a day
    is made from what was measured of the lists before it. A full refresh keeps it: it cannot be computed again. -#}
{%- set columns = {
    'customer_id': 'varchar', 'intervention': 'varchar', 'intervention_cost': 'double', 'is_held_out': 'boolean',
    'queue_date': 'date', 'listed_since': 'date', 'drawn_date': 'date'
} -%}
{%- set assignments = load_relation(api.Relation.create(
    database=target.database, schema='intermediate', identifier='int_intervention_assignments'
)) if execute -%}

with

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

assignments as (

    {% if assignments is none or not execute %}
    select
        {% for name, type in columns.items() %}
        cast(null as {{ type }}) as {{ name }}{% if not loop.last %},{% endif %}

        {% endfor %}
    where false
    {% else %}
    select
        {% for name in columns %}
        {{ name }}{% if not loop.last %},{% endif %}

        {% endfor %}
    from {{ assignments }}
    {% endif %}

),

earlier_assignments as (

    select assignments.*
    from assignments
    cross join as_of
    where assignments.queue_date < as_of.as_of_date

)

select * from earlier_assignments
