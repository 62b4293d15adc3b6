{%- set families = family_sources() -%}
{%- set window_days = 365 -%}
{%- set delivered = [] -%}
{%- for family in families -%}
    {%- do delivered.append(
        "coalesce(bool_or(is_present and source_table in ('" ~ family.tables | join("', '") ~ "')), false) as "
        ~ family.family
    ) -%}
{%- endfor -%}
{%- set day = literal_day(ref('int_as_of_date'), 'min(as_of_date)') -%}

with

customers as (

    select customer_id from {{ ref('int_current_features') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

row_counts as (

    select * from {{ ref('source_row_counts') }}

),

delivered as (

    select {{ delivered | join(',\n        ') }}
    from row_counts

),

known_activity as (

    {% for family in families %}
    {% set outer = loop %}
    {% for model in family.activity %}
    select distinct
        activity.customer_id,
        '{{ family.family }}' as family
    from {{ ref(model) }} as activity
    inner join as_of
        on
            activity.counts_as_loaded_at < as_of.known_before
            and activity.known_from < as_of.as_of_date + interval 1 day
            and coalesce(activity.known_until, {{ end_of_time() }}) >= as_of.as_of_date + interval 1 day
            and activity.occurred_at < as_of.as_of_date + interval 1 day
            {% if not family.is_state %}
            and activity.occurred_at >= {{ add_days('as_of.as_of_date', 1 - window_days) }}
            {% endif %}
    where
        ({{ family.tells or 'true' }})
        {% if not family.is_state %}
        -- The same once more as a literal, by which the engine skips what is older.
        and activity.occurred_at >= {{ add_days(day, 1 - window_days) }}
        {% endif %}
    {% if not (loop.last and outer.last) %}union all{% endif %}
    {% endfor %}
    {% endfor %}

),

by_customer as (

    select
        customer_id,
        {% for family in families %}
        bool_or(family = '{{ family.family }}') as {{ family.family }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from known_activity
    group by customer_id

),

coverage as (

    select
        customers.customer_id
        {%- for family in families %},
        coalesce(by_customer.{{ family.family }}, false) as has_{{ family.family }}_data
        {%- endfor %}
        {%- for family in families %},
        delivered.{{ family.family }} as is_{{ family.family }}_delivered
        {%- endfor %},
        as_of.as_of_date
    from customers
    cross join as_of
    cross join delivered
    left join by_customer on customers.customer_id = by_customer.customer_id

),

counted as (

    select
        customer_id,

        cast(
            {% for family in families %}
            case when has_{{ family.family }}_data then 1 else 0 end
            {%- if not loop.last %} +{% endif %}
            {% endfor %} as bigint
        ) as families_with_data,
        cast(
            {% for family in families %}
            case when is_{{ family.family }}_delivered then 1 else 0 end
            {%- if not loop.last %} +{% endif %}
            {% endfor %} as bigint
        ) as families_delivered
        {%- for family in families %},
        has_{{ family.family }}_data
        {%- endfor %}
        {%- for family in families %},
        is_{{ family.family }}_delivered
        {%- endfor %},

        as_of_date
    from coverage

)

select * from counted
