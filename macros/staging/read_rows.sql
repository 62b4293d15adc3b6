{#- CTEs that read groups of deliveries, ending in `read_rows`: the contract's columns with their
    types, what the row breaks by itself, and where it came from. -#}
{% macro read_rows(source_table, groups) %}
{%- set columns = contract_of(source_table).columns.values() | list -%}
{%- set names = contract_columns(source_table) -%}
{%- set may_be_forgotten = groups and may_be_forgotten(source_table) -%}
{%- for group in groups %}
{%- set found = group['columns_found'] %}
delivered_{{ loop.index }} as (

    select
        {% for name, (delivered_name, found_type) in found.items() %}
        {{ delivered_value(adapter.quote(delivered_name), found_type) }} as delivered_{{ name }},
        {% endfor %}
        {{ 'csat_surplus_1 is not null' if group['has_surplus'] else 'false' }} as has_surplus,
        csat_delivery as place
    from {{ group['relation'] }}

),

typed_{{ loop.index }} as (

    select
        {% for column in columns %}
        {% if column.name in found %}
        {% set value = typed_value('delivered_' ~ column.name, found[column.name][1], column.data_type) %}
        {{ normalized_answer(value) if column.meta.get('is_answer') else value }} as {{ column.name }},
        {% else %}
        cast(null as {{ column.data_type }}) as {{ column.name }},
        {% endif %}
        {% endfor %}
        {% for name in found %}
        delivered_{{ name }},
        {% endfor %}
        has_surplus,
        place
    from delivered_{{ loop.index }}

),

checked_{{ loop.index }} as (

    select
        *,
        {{ unreadable_column(columns, found) }} as unreadable_column
    from typed_{{ loop.index }}

),

ruled_{{ loop.index }} as (

    select
        *,
        {{ broken_rule(source_table) | indent(8) }} as broken_rule
    from checked_{{ loop.index }}

),

{% if may_be_forgotten %}
named_{{ loop.index }} as (

    select
        *,
        {{ is_about_forgotten(found) }} as is_about_forgotten
    from ruled_{{ loop.index }}

),

{% endif %}
{% endfor %}
read_rows as (

    {% for group in groups %}
    {% set found = group['columns_found'].keys() | list %}
    select
        {% for name in names if name != 'loaded_at' %}
        {{ name }},
        {% endfor %}
        coalesce(
            loaded_at, cast({{ contract_of(source_table).meta['event_time'] }} as timestamp),
            timestamp '1970-01-01 00:00:00'
        ) as loaded_at,
        loaded_at is not null as has_loaded_at,
        {{ record_key(source_table) }} as record_key,
        broken_rule,
        {{ rejected_column(source_table) | indent(8) }} as rejected_column,
        case
            when broken_rule is not null
                then {{ row_as_json(found | map('replace', '', 'delivered_', 1) | list, found) }}
        end as raw_record,
        place
    from {{ 'named_' if may_be_forgotten else 'ruled_' }}{{ loop.index }}
    {% if may_be_forgotten %}
    where not is_about_forgotten

    union all

    select
        {% for column in columns if column.name != 'loaded_at' %}
        cast(null as {{ column.data_type }}) as {{ column.name }},
        {% endfor %}
        loaded_at,
        loaded_at is not null as has_loaded_at,
        cast(null as varchar) as record_key,
        '{{ forgotten_rule() }}' as broken_rule,
        cast(null as varchar) as rejected_column,
        cast(null as varchar) as raw_record,
        place
    from named_{{ loop.index }}
    where is_about_forgotten
    {% endif %}
    {% if not loop.last %}
    union all
    {% endif %}
    {% else %}
    select
        {% for column in columns %}
        cast(null as {{ column.data_type }}) as {{ column.name }},
        {% endfor %}
        false as has_loaded_at,
        cast(null as varchar) as record_key,
        cast(null as varchar) as broken_rule,
        cast(null as varchar) as rejected_column,
        cast(null as varchar) as raw_record,
        cast(null as varchar) as place
    where false
    {% endfor %}

),
{% endmacro %}


{#- Data frames write a gap in a column of numbers as not-a-number. A comparison with it is folded away
    by the statistics of a Parquet file, which leave it out. -#}
{% macro delivered_value(value, found_type) -%}
    {{ return('case when not isnan(' ~ value ~ ') then ' ~ value ~ ' end' if found_type in ['FLOAT', 'DOUBLE'] else value) }}
{%- endmacro %}


{#- The key as one text: its parts, joined by a bar; null where a part is. -#}
{% macro record_key(source_table) -%}
    {%- set parts = [] -%}
    {%- for name in contract_columns(source_table, 'key') -%}
        {%- do parts.append('cast(' ~ name ~ ' as varchar)') -%}
    {%- endfor -%}
    {{ return(parts | join(" || '|' || ")) }}
{%- endmacro %}


{#- Deliveries that one SELECT can read: same reader, same columns. -#}
{% macro delivery_groups(deliveries) %}
    {% set groups = {} %}
    {% for row in deliveries %}
        {% set kind = (row['reader'], row['columns_found']) %}
        {% do groups.setdefault(kind, []).append("'" ~ row['place'] | replace("'", "''") ~ "'") %}
    {% endfor %}
    {% set result = [] %}
    {% for (reader, columns_found), names in groups.items() %}
        {% do result.append({
            'relation': rows_of_deliveries(reader, names),
            'columns_found': fromjson(columns_found),
            'has_surplus': 'csat_surplus_1' in reader,
        }) %}
    {% endfor %}
    {{ return(result) }}
{% endmacro %}


{#- The rows of deliveries, to stand after FROM.

    reader  SQL that reads them, as the inventory has it
    places  literals of where they are -#}
{% macro rows_of_deliveries(reader, places) -%}
    {{ return(adapter.dispatch('rows_of_deliveries', 'csat')(reader, places)) }}
{%- endmacro %}

{% macro duckdb__rows_of_deliveries(reader, places) -%}
    {{ return(reader | replace('{deliveries}', places | join(', '), 1)) }}
{%- endmacro %}

{#- Spark reads Parquet; what DuckDB alone reads is handed over as such. -#}
{% macro spark__rows_of_deliveries(reader, places) -%}
    {{ return(adapter.view_of_deliveries(reader, places)) }}
{%- endmacro %}
