{#- What chance decided on the days before, as earlier runs have left it. Read without `ref`, because the list
    of a day is made from what was measured of the lists before it. A full refresh keeps it: it cannot be computed
    again. -#}
{%- set kept = load_relation(api.Relation.create(
    database=target.database, schema='intermediate', identifier='int_intervention_assignments'
)) if execute -%}

with

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

assignments as (

    {% if kept %}
    select
        customer_id,
        intervention,
        intervention_cost,
        is_held_out,
        queue_date,
        listed_since,
        drawn_date
    from {{ kept }}
    {% else %}
    select
        cast(null as varchar) as customer_id,
        cast(null as varchar) as intervention,
        cast(null as double) as intervention_cost,
        cast(null as boolean) as is_held_out,
        cast(null as date) as queue_date,
        cast(null as date) as listed_since,
        cast(null as date) as drawn_date
    where false
    {% endif %}

),

earlier_assignments as (

    select assignments.*
    from assignments
    cross join as_of
    where assignments.queue_date < as_of.as_of_date

)

select * from earlier_assignments
