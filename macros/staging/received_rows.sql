{#- Every row of a source table that was received, typed, judged and with its fate: accepted,
    superseded by a newer delivery of its key, or refused by a rule.

    A run reads only deliveries that it has not read yet, and looks again at earlier rows only where
    what they depend on has changed, so that a day costs a day; yet any order of runs ends in the
    same rows as one full refresh. A row refused for its customer is taken in when that customer
    arrives, and a file that is replaced or removed takes its rows with it.

    source_table  name of the contract table
    references    rule -> {relation, columns}: the rule is broken where no row of the relation has
                  the row's values of the columns -#}
{% macro received_rows(source_table, references={}) %}
    {%- do source('company', source_table) -%}
    {%- do ref('source_inventory') -%}
    {%- if not execute -%}
        {{ return('select 1 as nothing') }}
    {%- endif -%}

    {%- set columns = contract_columns(source_table) -%}
    {%- set fields = columns + [
        'has_loaded_at', 'record_key', 'rejection_rule', 'rejected_column', 'raw_record',
        'delivery', 'fingerprint'
    ] -%}
    {%- set plan = reading_plan(source_table) -%}

with

inventory as (

    {{ unread_deliveries(plan['unread']) | indent(4) }}

),

{{ read_rows(source_table, delivery_groups(plan['unread'])) }}

judged as (

    select
        {{ prefixed(columns, 'read_rows') }},
        read_rows.has_loaded_at,
        read_rows.record_key,
        coalesce(
            read_rows.broken_rule, {{ judgement(source_table, 'read_rows', references) | indent(12) }}
        ) as rejection_rule,
        read_rows.rejected_column,
        read_rows.raw_record,
        inventory.delivery,
        inventory.fingerprint
    from read_rows
    inner join inventory on read_rows.place = inventory.place
    {{ reference_joins('read_rows', references) | indent(4) }}

),

{% if is_incremental() %}
{{ earlier_rows(source_table, references, plan) }}
{% endif %}
candidates as (

    select
        *,
        case when rejection_rule is null then record_key end as version_key
    from judged
    {% if is_incremental() %}
    union all
    select
        *,
        case when rejection_rule is null then record_key end as version_key
    from kept
    {% endif %}

),

repeated_keys as (

    select version_key
    from candidates
    where version_key is not null
    group by version_key
    having count(*) > 1

),

{#- Most keys arrive once. For the others, keys and times alone are sorted, not whole rows. -#}
delivery_times as (

    select
        candidates.version_key,
        candidates.loaded_at,
        count(*) as deliveries
    from candidates
    inner join repeated_keys on candidates.version_key = repeated_keys.version_key
    group by candidates.version_key, candidates.loaded_at

),

versions as (

    select
        version_key,
        loaded_at,
        deliveries,
        lead(loaded_at) over (partition by version_key order by loaded_at) as superseded_at,
        lag(loaded_at) over (partition by version_key order by loaded_at) is null as is_first_version
    from delivery_times

),

{#- Of equally old deliveries of a key the last one counts: a later file corrects an earlier one.
    Within one file nothing tells which row is right, unless the rows are the same. -#}
equally_old as (

    select
        {{ prefixed(fields, 'candidates') }},
        versions.superseded_at,
        versions.is_first_version,
        {{ row_as_json(prefixed(columns, 'candidates').split(', '), columns) }} as content
    from candidates
    inner join versions
        on
            candidates.version_key = versions.version_key
            and candidates.loaded_at = versions.loaded_at
    where versions.deliveries > 1

),

ranked as (

    select
        *,
        row_number() over newest as place,
        first_value(delivery) over newest as winning_delivery,
        first_value(content) over newest as winning_content
    from equally_old
    window newest as (partition by record_key, loaded_at order by delivery desc, content desc)

),

settled as (

    select
        {{ prefixed(fields, 'candidates') }},
        versions.superseded_at,
        coalesce(versions.is_first_version, true) as is_first_version
    from candidates
    left join versions
        on
            candidates.version_key = versions.version_key
            and candidates.loaded_at = versions.loaded_at
    where versions.deliveries is null or versions.deliveries = 1

    union all

    select
        {{ columns | join(', ') }},
        has_loaded_at,
        record_key,
        case
            when place > 1 and delivery = winning_delivery and content <> winning_content
                then 'duplicate_key'
        end as rejection_rule,
        rejected_column,
        raw_record,
        delivery,
        fingerprint,
        case
            when place = 1 then superseded_at
            when delivery <> winning_delivery or content = winning_content then loaded_at
        end as superseded_at,
        is_first_version and place = 1 as is_first_version
    from ranked

)

select
    {{ columns | join(', ') }},
    has_loaded_at,
    superseded_at,
    is_first_version,
    record_key,
    rejection_rule,
    case
        when rejection_rule = 'in_the_future' then {{ future_column(source_table, 'settled') | indent(8) }}
        {% for rule, reference in references.items() %}
        when rejection_rule = '{{ rule }}' then '{{ reference['columns'] | last }}'
        {% endfor %}
        when rejection_rule in ({{ lasting_rules(source_table) }}) then rejected_column
    end as rejected_column,
    case
        when {{ is_rejected() }} then coalesce(raw_record, {{ row_as_json(columns) }})
    end as raw_record,
    delivery,
    fingerprint
from settled
-- Rows lie as they came, whatever order joins leave them in: the engine then skips old ones by their time.
order by loaded_at
{% endmacro %}


{#- SELECT of where rows of the deliveries come from, written out, so that the inventory need not be read. -#}
{% macro unread_deliveries(unread) %}
    {%- set rows = [] -%}
    {%- for row in unread -%}
        {%- do rows.append("('" ~ [row['delivery'], row['place'], row['fingerprint']] | map('replace', "'", "''")
            | join("', '") ~ "')") -%}
    {%- endfor -%}
select delivery, place, fingerprint
from (values {{ rows | join(', ') or "('', '', '')" }}) as unread (delivery, place, fingerprint)
{%- endmacro %}


{#- CTEs, ending in `kept`: rows of earlier runs whose fate may change, judged anew. -#}
{% macro earlier_rows(source_table, references, plan) %}
{%- set columns = contract_columns(source_table) -%}
{%- set withdrawn = "earlier.delivery in ('" ~ plan['withdrawn'] | map('replace', "'", "''") | join("', '") ~ "')" -%}
{#- What the clock and the other tables decide, as of now; what a row breaks by itself stays broken. -#}
revised as (

    select
        earlier.record_key,
        earlier.rejection_rule,
        {{ judgement(source_table, 'earlier', references) | indent(8) }} as rule_now
    from {{ rows_of_before(source_table) }} as earlier
    {{ reference_joins('earlier', references) | indent(4) }}
    where
        {% if plan['has_lost_references'] %}
        (
            earlier.rejection_rule is null
            or earlier.rejection_rule not in ({{ lasting_rules(source_table) }})
        )
        {% else %}
        earlier.rejection_rule in ('{{ (['in_the_future'] + references.keys() | list) | join("', '") }}')
        {% endif %}

),

touched_keys as (

    select record_key
    from judged
    where record_key is not null

    union

    select record_key
    from revised
    where rule_now is distinct from nullif(rejection_rule, 'duplicate_key')

    {% if plan['withdrawn'] %}
    union

    select record_key
    from {{ rows_of_before(source_table) }} as earlier
    where record_key is not null and {{ withdrawn }}
    {% endif %}

),

kept as (

    select
        {{ prefixed(columns, 'earlier') }},
        earlier.has_loaded_at,
        earlier.record_key,
        case
            when earlier.rejection_rule in ({{ lasting_rules(source_table) }}) then earlier.rejection_rule
            else {{ judgement(source_table, 'earlier', references) | indent(12) }}
        end as rejection_rule,
        earlier.rejected_column,
        earlier.raw_record,
        earlier.delivery,
        earlier.fingerprint
    from {{ rows_of_before(source_table) }} as earlier
    inner join touched_keys on earlier.record_key = touched_keys.record_key
    {{ reference_joins('earlier', references) | indent(4) }}
    {% if plan['withdrawn'] %}
    where not {{ withdrawn }}
    {% endif %}

),
{% endmacro %}


{#- The table as the last run left it; columns that the contract has gained since are empty in it. -#}
{% macro rows_of_before(source_table) -%}
    {%- set there = adapter.get_columns_in_relation(this) | map(attribute='name') | list -%}
    {%- set gained = contract_columns(source_table) | reject('in', there) | list -%}
    {%- if not gained -%}
        {{ return(this) }}
    {%- endif -%}
    {%- set empty = [] -%}
    {%- for column in gained -%}
        {%- do empty.append('cast(null as ' ~ contract_of(source_table).columns[column].data_type ~ ') as ' ~ column) -%}
    {%- endfor -%}
    (select *, {{ empty | join(', ') }} from {{ this }})
{%- endmacro %}
