{%- set as_of_date = var('as_of_date') | string -%}

with

row_counts as (

    select * from {{ ref('source_row_counts') }}

),

newest as (

    select cast(max(last_event_at) as date) as newest_date
    from row_counts

),

as_of as (

    select
        {% if as_of_date %}
        cast('{{ as_of_date }}' as date) as as_of_date
        {% else %}
        least(
            coalesce(newest_date, date '{{ run_started_at.date() }}'), date '{{ run_started_at.date() }}'
        ) as as_of_date
        {% endif %}
    from newest

)

select * from as_of
