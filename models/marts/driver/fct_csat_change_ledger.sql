{%- set parts = {
    'joined': 'Customers who are new',
    'left': 'Customers who have left the company',
    'moved_in': 'Customers who came from elsewhere in the company',
    'moved_out': 'Customers who went elsewhere in the company',
    'new_version': 'A new version of the model',
    'answers': 'Surveys beyond the score: newer answers, and older ones that count less',
} -%}

with

ledger as (

    select * from {{ ref('int_segment_ledger') }}

),

all_drivers as (

    select * from {{ ref('int_drivers') }}

),

told as (

    select
        case
            when ledger.segment_id = 'all' then 'all' else ledger.segment_id || ':' || ledger.segment_value
        end as entity_id,
        ledger.segment_id,
        ledger.segment_value,
        ledger.score_date,

        ledger.component,
        ledger.part,
        case ledger.part
            {% for part, label in parts.items() %}
            when '{{ part }}' then '{{ label }}'
            {% endfor %}
            else all_drivers.driver_label
        end as part_label,

        ledger.span_days,
        ledger.points
    from ledger
    left join all_drivers on ledger.component = 'behaviour' and ledger.part = all_drivers.driver

)

select * from told
