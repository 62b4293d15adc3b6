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


{#- SQL of a customer's drivers as a list of structs, to become rows. The rank counts the drivers that go before,
    by size of the points and then by name: numbering the rows would sort all those of all customers.

    columns       names of the drivers' columns; points_of_<column> has the points of each
    told_drivers  those that have words in a column reason_<driver> -#}
{% macro list_of_drivers(columns, told_drivers) -%}
    {%- set structs = [] -%}
    {%- for column in columns | sort -%}
        {%- set driver, size = column[7:], 'abs(' ~ adapter.quote('points_of_' ~ column) ~ ')' -%}
        {%- set place, ranks = loop.index0, ['1'] -%}
        {%- for other in columns | sort if other != column -%}
            {%- set is_before = loop.index0 < place -%}
            {%- do ranks.append(
                'cast(abs(' ~ adapter.quote('points_of_' ~ other) ~ ') ' ~ ('>=' if is_before else '>') ~ ' ' ~ size
                ~ ' as integer)'
            ) -%}
        {%- endfor -%}
        {%- do structs.append(struct_of({
            'driver': "'" ~ driver ~ "'",
            'reason': adapter.quote('reason_' ~ driver) if driver in told_drivers else 'cast(null as varchar)',
            'logit_contribution': adapter.quote(column),
            'points': adapter.quote('points_of_' ~ column),
            'driver_rank': 'cast(' ~ ranks | join(' + ') ~ ' as bigint)',
        })) -%}
    {%- endfor -%}
    {{ list_of(structs) }}
{%- endmacro %}
