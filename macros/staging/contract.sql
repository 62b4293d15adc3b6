{#- The contract's entry of a source table: columns, and what `meta` says. -#}
{% macro contract_of(source_table) %}
    {% for node in graph.sources.values() if node.source_name == 'company' and node.name == source_table %}
        {{ return(node) }}
    {% endfor %}
{% endmacro %}


{#- Names of the contract's columns, all or those whose `meta` has the given entry. -#}
{% macro contract_columns(source_table, entry=none) %}
    {% set names = [] %}
    {% for column in contract_of(source_table).columns.values() %}
        {% if entry is none or column.meta.get(entry) %}
            {% do names.append(column.name) %}
        {% endif %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}


{#- Deliveries of a source table as the inventory lists them; none where there is no inventory yet. -#}
{% macro deliveries_of(source_table) %}
    {% set inventory = ref('source_inventory') %}
    {% if load_relation(inventory) is none %}
        {{ return([]) }}
    {% endif %}
    {{ return(run_query(
        "select 'new' as change, source_table as read_from, delivery, fingerprint, place, format, reader,"
        ~ " columns_found from " ~ inventory
        ~ " where source_table = '" ~ source_table ~ "' and delivery <> '' order by delivery"
    ).rows | list) }}
{% endmacro %}


{#- Stops with the inventory's own sentences where a delivery cannot be used. The customers, whom almost
    every table waits for, stop with the sentences of all tables, so that all are seen at once. -#}
{% macro stop_at_problems_of(source_table) %}
    {% set inventory = ref('source_inventory') %}
    {% set problems = run_query(
        "select distinct problem from " ~ inventory ~ " where problem is not null and '" ~ source_table
        ~ "' in (source_table, 'customers') order by problem"
    ).columns[0].values() if load_relation(inventory) is not none else [] %}
    {% if problems %}
        {% do exceptions.raise_compiler_error(problems | join('\n  ')) %}
    {% endif %}
{% endmacro %}


{#- Names of the contract's tables. They are written out, because dbt must know what a model reads
    before it has the contract; a test holds them equal. -#}
{% macro contract_tables() %}
    {{ return([
        'customers', 'customer_attributes', 'contacts', 'agents', 'bills', 'payments', 'interruptions',
        'engagement_events', 'survey_invitations', 'survey_responses', 'programs',
        'program_enrollments', 'customer_signals'
    ]) }}
{% endmacro %}


{#- The time of a source table's events, as a timestamp. -#}
{% macro event_time(source_table) %}
    {%- if execute -%}
        {{ return('cast(' ~ contract_of(source_table).meta['event_time'] ~ ' as timestamp)') }}
    {%- endif -%}
{% endmacro %}
