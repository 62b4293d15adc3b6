{#- Names of the drivers' columns in a table of scores, also those that are gone from the registry. -#}
{% macro columns_of_drivers(scores) %}
    {%- set columns = [] -%}
    {%- if execute and load_relation(scores) is not none -%}
        {%- for column in adapter.get_columns_in_relation(scores) if column.name.startswith('driver_') -%}
            {%- do columns.append(column.name) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(columns) }}
{% endmacro %}


{#- A number per driver by which a customer's drivers are ranked: by the size of their points, to a billionth of one,
    and then by name. No two are equal.

    columns  names of the drivers' columns; points_of_<column> has the points of each -#}
{% macro order_keys(columns) -%}
    {%- set keys = [] -%}
    {%- for column in columns | sort -%}
        {%- do keys.append(
            'cast(floor(abs(' ~ adapter.quote('points_of_' ~ column) ~ ') * 1e9) as bigint) * ' ~ columns | length
            ~ ' + ' ~ loop.revindex0
        ) -%}
    {%- endfor -%}
    {{ return(keys) }}
{%- endmacro %}


{#- SQL of a customer's drivers as a list of structs, to become rows.

    columns       names of the drivers' columns; points_of_<column> has the points of each
    told_drivers  those that have words in a column reason_<driver>
    ranking       the order keys of the customer, from the largest to the smallest: numbering the rows would sort
                  those of all customers -#}
{% macro list_of_drivers(columns, told_drivers, ranking) -%}
    {%- set structs, keys = [], order_keys(columns) -%}
    {%- for column in columns | sort -%}
        {%- set driver = column[7:] -%}
        {%- do structs.append(struct_of({
            'driver': "'" ~ driver ~ "'",
            'reason': adapter.quote('reason_' ~ driver) if driver in told_drivers else 'cast(null as varchar)',
            'logit_contribution': adapter.quote(column),
            'points': adapter.quote('points_of_' ~ column),
            'driver_rank': place_of(ranking, keys[loop.index0]),
        })) -%}
    {%- endfor -%}
    {{ list_of(structs) }}
{%- endmacro %}
