{#- What segments can be defined by, beside the features: a SELECT of the moments with each customer's
    master data and other attributes as they were known then. Every name in customer_attributes is a
    column; where master data have a column of that name, that one is meant.

    moments   relation of customer_id, as_of_at (exclusive) and known_before, unique by the keys
    keys      what the moments are unique by, to be carried along
    carried   further columns of them to be carried along -#}
{% macro customer_attributes_at(moments, keys, carried=[]) %}
    {%- set customers = ref('stg_company__customers_versions') -%}
    {%- set attributes = ref('stg_company__customer_attributes_versions') -%}
    {%- set columns = ['customer_type', 'region', 'plan', 'preferred_channel', 'industry'] -%}
    {%- set taken = columns + ['annual_value', 'tenure_days', 'customer_since', 'customer_id'] + keys -%}
    {%- set moment_columns = keys + (['known_before'] | reject('in', keys) | list) + carried -%}
    {%- set others = [] -%}
    {%- if execute and load_relation(attributes) is not none -%}
        {%- for row in run_query('select distinct attribute from ' ~ attributes ~ ' order by attribute')
            if row['attribute'] | lower not in taken -%}
            {%- do others.append(row['attribute']) -%}
        {%- endfor -%}
    {%- endif -%}
{#- Moments are written into each use, so that an attribute that nobody asks for is not looked up. -#}
with

customers as (

    select * from {{ customers }}

),

{% if others %}
from_attributes as (

    select
        {{ prefixed(keys, 'moments') }}
        {%- for name in others %},
        {{ latest_by('attributes.value', order_by_time('attributes.valid_from', 'attributes.attribute')) }}
        filter (where attributes.attribute = '{{ name | replace("'", "''") }}') as {{ adapter.quote(name) }}
        {%- endfor %}
    from {{ moments }} as moments
    inner join {{ attributes }} as attributes
        on
            moments.customer_id = attributes.customer_id
            and attributes.valid_from < moments.as_of_at
            and {{ known_from('valid_from', 'attributes') }} < moments.as_of_at
            and coalesce(attributes.superseded_at, {{ end_of_time() }}) >= moments.as_of_at
            and {{ counts_as_loaded('valid_from', 'attributes') }} < moments.known_before
    group by {{ prefixed(keys, 'moments') }}

),

{% endif %}
placed as (

    select
        {{ prefixed(moment_columns, 'moments') }},
        {{ prefixed(columns, 'customers') }},
        customers.annual_value,
        {{ days_between('customers.customer_since', 'cast(moments.as_of_at as date)') }} as tenure_days,
        customers.customer_since
        {%- for name in others %},
        from_attributes.{{ adapter.quote(name) }}
        {%- endfor %}
    from {{ moments }} as moments
    left join customers
        on moments.customer_id = customers.customer_id and {{ known_at('customers', 'moments.as_of_at') }}
    {% if others %}
    left join from_attributes
        on
            {% for key in keys %}
            {{ 'and ' if not loop.first }}moments.{{ key }} = from_attributes.{{ key }}
            {% endfor %}
    {% endif %}

)

select * from placed
{% endmacro %}
