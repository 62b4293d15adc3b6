{%- set source_tables = contract_tables() -%}

with

rules as (

    select * from {{ ref('rejection_rules') }}

),

rejected as (

    {% for source_table in source_tables %}
    select
        '{{ source_table }}' as source_table,
        record_key,
        rejection_rule as rule,
        rejected_column,
        -- This table is published, and nobody has masked what a refused row says of a person.
        {{ json_with_replaced(
            'raw_record', contract_columns(source_table, 'free_text') if execute else [], '[withheld]'
        ) }} as raw_record,
        delivery,
        loaded_at
    from {{ ref('base_company__' ~ source_table) }}
    where {{ is_rejected() }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

explained as (

    select
        rejected.source_table,
        rejected.record_key,
        rejected.rule,
        rules.meaning,
        rules.mend,
        rejected.rejected_column,
        rejected.raw_record,
        rejected.delivery,
        rejected.loaded_at
    from rejected
    left join rules on rejected.rule = rules.rule

)

select * from explained
