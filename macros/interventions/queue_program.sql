{#- The program under which the intervention queue is measured: who chance put on it is enrolled, who chance kept
    off it is held out. Contacts that name it as their program_id are those that came of the queue. -#}
{% macro queue_program() -%}
    {{ return("'csat-intervention-queue'") }}
{%- endmacro %}


{#- Rows of int_intervention_assignments of days before the as-of date, as earlier runs have left them; none on the
    first run and in unit tests. Read without `ref`: the list of a day is made from what was measured of the lists before it. A full
    refresh keeps them: what chance decided cannot be computed again.

    columns  of the table, with their types -#}
{% macro earlier_assignments(columns) -%}
    {%- set as_of = ref('int_as_of_date') -%}
    {%- set found = load_relation(api.Relation.create(
        database=target.database, schema='intermediate', identifier='int_intervention_assignments'
    )) if execute and as_of.schema else none -%}
    {%- if found is not none %}
    select
        {% for name in columns %}
        assignments.{{ name }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ found }} as assignments
    cross join {{ as_of }} as as_of
    where assignments.queue_date < as_of.as_of_date
    {%- else %}
    select
        {% for name, type in columns.items() %}
        cast(null as {{ type }}) as {{ name }}{% if not loop.last %},{% endif %}
        {% endfor %}
    where false
    {%- endif %}
{%- endmacro %}


{#- Pre-hook of int_intervention_assignments: a list of the day that is made again takes the place of the first. -#}
{% macro forget_list_of_today() %}
    {% if is_incremental() %}
        delete from {{ this }} where queue_date = (select as_of_date from {{ ref('int_as_of_date') }})
    {% endif %}
{% endmacro %}
