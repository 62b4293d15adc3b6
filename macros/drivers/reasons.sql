{#- What is behind each driver of a customer, in plain words: `3 contacts in 30 days, longest wait in 30 days:
    27 minutes`. Words come from the registry: a new feature reads like the others, without code. -#}


{#- Facts that are told of a driver at most. -#}
{% macro most_facts() -%}
    {{ return(3) }}
{%- endmacro %}


{#- A SELECT of customer_id and the words of each driver, one row per customer, in columns reason_<driver>. Each
    text is written once per customer, from numbers: no text is ever searched.

    features  relation of customer_id and the features -#}
{% macro reasons_of_drivers(features) -%}
    {%- set drivers = features_of_drivers() -%}
    {%- if not drivers -%}
        {{ return('select customer_id from ' ~ features) }}
    {%- endif -%}
    select
        customer_id
        {%- for driver, own_features in drivers.items() %},
        {{ reason_of(own_features) | trim }} as {{ adapter.quote('reason_' ~ driver) }}
        {%- endfor %}
    from {{ features }}
{%- endmacro %}


{#- Rows of the registry by driver, the shortest window first; none before the seed is loaded. -#}
{% macro features_of_drivers() -%}
    {%- set drivers = {} -%}
    {%- if execute and load_relation(ref('feature_definitions')) is not none -%}
        {%- for feature in registered_features() | sort(attribute='driver') -%}
            {%- do drivers.update({feature.driver: drivers.get(feature.driver, []) + [feature]}) -%}
        {%- endfor -%}
        {%- for driver, own_features in drivers.items() -%}
            {%- set by_window = [[], [], [], []] -%}
            {%- for feature in own_features -%}
                {%- set place = {'latest': 1, 'days_since': 2, 'trend': 3}.get(feature.aggregate, 0)
                    if feature.window_days else 1 -%}
                {%- do by_window[place].append(feature) -%}
            {%- endfor -%}
            {%- do drivers.update({
                driver: by_window[0] | sort(attribute='window_days') + by_window[1] + by_window[2] + by_window[3]
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(drivers) }}
{%- endmacro %}


{#- SQL of what is behind one driver: the first facts that tell something; failing these that nothing of the
    kind happened, in the widest window; failing this that it is not known.

    features  rows of the registry, in the order of telling -#}
{% macro reason_of(features) -%}
    {%- set facts, tells, zeros, unknown = [], [], [], [] -%}
    {%- for feature in features -%}
        {%- set told = tells_something(feature, features[:loop.index0]) -%}
        {%- set is_one_of_the_first = ' and ' ~ tells | join(' + ') ~ ' < ' ~ most_facts()
            if loop.index > most_facts() else '' -%}
        {%- do facts.append('case when ' ~ told ~ is_one_of_the_first ~ ' then ' ~ fact(feature) ~ ' end') -%}
        {%- do tells.append('cast(coalesce(' ~ told ~ ', false) as integer)') -%}
        {%- if feature.missing_rule == 'missing' and feature.missing_label -%}
            {%- do unknown.append(feature.missing_label) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for feature in widest_first(features) if feature.missing_rule == 'zero' -%}
        {%- do zeros.append('when ' ~ adapter.quote(feature.feature) ~ " = 0 then '" ~ nothing_of(feature) ~ "'") -%}
    {%- endfor -%}
    coalesce(
        nullif(concat_ws(', ', {{ facts | join(', ') }}), ''),
        {% if zeros -%} case {{ zeros | join(' ') }} end, {% endif -%}
        '{{ in_quotes((unknown or ["not known"])[0]) }}'
    )
{%- endmacro %}


{#- Features in the order in which to say that nothing happened: what the first of them measures before all
    else, the widest window first, trends last.

    features  rows of the registry, in the order of telling -#}
{% macro widest_first(features) -%}
    {%- set trends = features | selectattr('aggregate', 'equalto', 'trend') | list -%}
    {%- set others = features | rejectattr('aggregate', 'equalto', 'trend') | list -%}
    {%- set ordered = others | rejectattr('window_days') | list
        + others | selectattr('window_days') | sort(attribute='window_days', reverse=true) -%}
    {%- set of_first = ordered | selectattr('measure', 'equalto', features[0].measure)
        | selectattr('aggregate', 'equalto', features[0].aggregate) | list -%}
    {{ return(of_first + ordered | reject('in', of_first) | list + trends) }}
{%- endmacro %}


{#- SQL of whether a feature tells something beyond those before it: it has a value, which is not the 0 of nothing
    happened, and not what a shorter window of the same measure has told already. -#}
{% macro tells_something(feature, earlier) -%}
    {%- set value = adapter.quote(feature.feature) -%}
    {%- set conditions = [value ~ (' <> 0' if feature.missing_rule == 'zero' else ' is not null')] -%}
    {%- for other in earlier
        if (other.source, other.aggregate, other.measure) == (feature.source, feature.aggregate, feature.measure)
        and feature.aggregate in ['count', 'sum', 'max', 'repeats'] -%}
        {%- do conditions.append('coalesce(' ~ value ~ ' <> ' ~ adapter.quote(other.feature) ~ ', true)') -%}
    {%- endfor -%}
    {{ return('(' ~ conditions | join(' and ') ~ ')') }}
{%- endmacro %}


{#- SQL of a feature's value in words.

    feature  row of the registry; its value is the column of its name -#}
{% macro fact(feature) -%}
    {%- set value = adapter.quote(feature.feature) -%}
    {%- set label, unit = in_quotes(feature.label), in_quotes(feature.unit or '') -%}
    {%- if feature.kind == 'categorical' -%}
        {{ return("'" ~ label ~ ": ' || replace(" ~ value ~ ", '_', ' ')") }}
    {%- elif feature.aggregate == 'trend' -%}
        {%- set before = ' than in the ' ~ feature.window_days ~ ' days before' -%}
        {{ return(
            whole_number('abs(' ~ value ~ ')') ~ ' || case when ' ~ value ~ " > 0 then ' more ' else ' fewer ' end || "
            ~ "case when abs(" ~ value ~ ") = 1 then '" ~ one_of(unit) ~ "' else '" ~ unit ~ "' end || '" ~ before ~ "'"
        ) }}
    {%- elif unit in ['seconds', 'days'] -%}
        {{ return("'" ~ label ~ ": ' || " ~ duration(value, unit)) }}
    {%- elif unit == '0 to 100' -%}
        {{ return("'" ~ label ~ ": ' || " ~ whole_number(value) ~ " || ' of 100'") }}
    {%- elif unit and label.startswith(unit) or ' ' ~ unit in label -%}
        {%- set single = label | replace(unit, one_of(unit)) -%}
        {{ return(
            whole_number(value) ~ ' || case when ' ~ value ~ " = 1 then ' " ~ single ~ "' else ' " ~ label ~ "' end"
        ) }}
    {%- elif unit.startswith('times') -%}
        {{ return("'" ~ label ~ ": ' || " ~ 'cast(round(' ~ value ~ ", 1) as varchar) || ' " ~ unit ~ "'") }}
    {%- else -%}
        {{ return("'" ~ label ~ ": ' || " ~ whole_number(value)) }}
    {%- endif -%}
{%- endmacro %}


{#- Words for a feature of which nothing happened. -#}
{% macro nothing_of(feature) -%}
    {%- if feature.aggregate == 'trend' -%}
        {{ return('as many ' ~ in_quotes(feature.unit) ~ ' as in the ' ~ feature.window_days ~ ' days before') }}
    {%- endif -%}
    {{ return('no ' ~ in_quotes(feature.label)) }}
{%- endmacro %}


{#- One of what a unit counts in the plural, `contacts` or `customers per million`. -#}
{% macro one_of(unit) -%}
    {%- set words = unit.split(' ') -%}
    {%- set first = words[0][:-1] if words[0].endswith('s') else words[0] -%}
    {{ return(([first] + words[1:]) | join(' ')) }}
{%- endmacro %}


{#- SQL of a length of time in the largest unit that it fills: 59 seconds, 1 minute, 3 hours, 1.1 years.

    value  SQL of the length, 0 or more
    unit   seconds or days -#}
{% macro duration(value, unit) -%}
    {%- set seconds = value if unit == 'seconds' else '86400e0 * ' ~ value -%}
    {%- set steps = [
        ('second', 1, 60, whole_number), ('minute', 60, 3600, whole_number),
        ('hour', 3600, 86400, one_decimal), ('day', 86400, 31536000, whole_number),
        ('year', 31536000, none, one_decimal)
    ] -%}
    {%- set cases = [] -%}
    {%- for name, length, next_length, written in steps -%}
        {%- set number = '(' ~ seconds ~ ') / ' ~ length ~ 'e0' -%}
        {#- Rounded first: 59.7 seconds are a minute. -#}
        {%- set digits = 1 if written is sameas one_decimal else 0 -%}
        {%- set rounded = 'round(' ~ number ~ ', ' ~ digits ~ ')' -%}
        {%- set text = written(number) ~ ' || case when ' ~ rounded ~ " = 1 then ' " ~ name ~ "' else ' " ~ name ~ "s' end" -%}
        {%- do cases.append(
            'when ' ~ rounded ~ ' < ' ~ (next_length // length) ~ ' then ' ~ text if next_length else 'else ' ~ text
        ) -%}
    {%- endfor -%}
    {{ return('case ' ~ cases | join(' ') ~ ' end') }}
{%- endmacro %}


{#- SQL of a number as text, rounded to a whole one. -#}
{% macro whole_number(value) -%}
    {{ return('cast(cast(round(' ~ value ~ ') as bigint) as varchar)') }}
{%- endmacro %}


{#- SQL of a number as text, rounded to one decimal, which is left out where it is 0. -#}
{% macro one_decimal(value) -%}
    {{ return("replace(cast(round(" ~ value ~ ", 1) as varchar), '.0', '')") }}
{%- endmacro %}


{#- A text as it stands within an SQL literal. -#}
{% macro in_quotes(text) -%}
    {{ return(text | replace("'", "''")) }}
{%- endmacro %}
