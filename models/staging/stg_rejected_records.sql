{%- set source_tables = contract_tables() -%}
{% for source_table in source_tables %}
select
    '{{ source_table }}' as source_table,
    record_key,
    rejection_rule as rule,
    rejected_column,
    raw_record,
    delivery,
    loaded_at
from {{ ref('base_company__' ~ source_table) }}
where rejection_rule is not null
{% if not loop.last %}union all{% endif %}
{% endfor %}
