{#- One dispatched macro per thing that the engines write differently. -#}

{#- Text of a timestamp, with or without an offset, in UTC; null where it is none. A plain cast ignores
    the offset. A cast to a zoned type reads names of zones, too, and then applies the last one it read
    to texts without any, so only texts that end in an offset may reach it. -#}
{% macro utc_timestamp(text) -%}
    {{ return(adapter.dispatch('utc_timestamp', 'csat')(text)) }}
{%- endmacro %}

{% macro duckdb__utc_timestamp(text) -%}
    {{ return(
        "case when regexp_matches(" ~ text ~ ", ':[0-9.]+ ?(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)$')"
        ~ " then timezone('UTC', try_cast(replace(replace(" ~ text ~ ", ' +', '+'), ' -', '-') as timestamptz))"
        ~ " else try_cast(" ~ text ~ " as timestamp) end"
    ) }}
{%- endmacro %}


{#- A timestamp with zone as UTC without zone. -#}
{% macro utc_of_zoned(value) -%}
    {{ return(adapter.dispatch('utc_of_zoned', 'csat')(value)) }}
{%- endmacro %}

{% macro duckdb__utc_of_zoned(value) -%}
    {{ return("timezone('UTC', " ~ value ~ ")") }}
{%- endmacro %}


{#- A timestamp in UTC as the clocks of a time zone show it, without zone. -#}
{% macro local_time(time, time_zone) -%}
    {{ return(adapter.dispatch('local_time', 'csat')(time, time_zone)) }}
{%- endmacro %}

{% macro duckdb__local_time(time, time_zone) -%}
    {{ return("timezone('" ~ time_zone ~ "', timezone('UTC', " ~ time ~ "))") }}
{%- endmacro %}


{#- The first group of a match in regexp_replace, as a literal. -#}
{% macro first_group() -%}
    {{ return(adapter.dispatch('first_group', 'csat')()) }}
{%- endmacro %}

{% macro duckdb__first_group() -%}
    {{ return("'\\1'") }}
{%- endmacro %}


{#- A JSON object of columns; `names` gives the keys where they differ from the columns. -#}
{% macro row_as_json(columns, names=none) -%}
    {{ return(adapter.dispatch('row_as_json', 'csat')(columns, names or columns)) }}
{%- endmacro %}

{% macro duckdb__row_as_json(columns, names) -%}
    {%- set pairs = [] -%}
    {%- for column in columns -%}
        {%- do pairs.append(names[loop.index0] ~ ' := ' ~ column) -%}
    {%- endfor -%}
    {{ return('cast(to_json(struct_pack(' ~ pairs | join(', ') ~ ')) as varchar)') }}
{%- endmacro %}


{#- A JSON object with another text in place of some values, where these are not null. -#}
{% macro json_with_replaced(record, names, text) -%}
    {{ return(adapter.dispatch('json_with_replaced', 'csat')(record, names, text)) }}
{%- endmacro %}

{% macro duckdb__json_with_replaced(record, names, text) -%}
    {%- set replaced = [record] -%}
    {%- for name in names -%}
        {%- do replaced.append(
            "case when " ~ record ~ " ->> '" ~ name ~ "' is null then " ~ replaced[-1]
            ~ " else cast(json_merge_patch(" ~ replaced[-1] ~ ", '{\"" ~ name ~ "\": \"" ~ text
            ~ "\"}') as varchar) end"
        ) -%}
    {%- endfor -%}
    {{ return(replaced[-1]) }}
{%- endmacro %}


{#- `*` without some columns. -#}
{% macro all_columns_except(columns) -%}
    {{ return(adapter.dispatch('all_columns_except', 'csat')(columns)) }}
{%- endmacro %}

{% macro duckdb__all_columns_except(columns) -%}
    {{ return('* exclude (' ~ columns | join(', ') ~ ')') }}
{%- endmacro %}


{#- Whole days from one date to another, as BIGINT. -#}
{% macro days_between(first_date, second_date) -%}
    {{ return(adapter.dispatch('days_between', 'csat')(first_date, second_date)) }}
{%- endmacro %}

{% macro duckdb__days_between(first_date, second_date) -%}
    {{ return('cast(' ~ second_date ~ ' - ' ~ first_date ~ ' as bigint)') }}
{%- endmacro %}


{#- Seconds from one timestamp to another, as BIGINT. -#}
{% macro seconds_between(first_time, second_time) -%}
    {{ return(adapter.dispatch('seconds_between', 'csat')(first_time, second_time)) }}
{%- endmacro %}

{% macro duckdb__seconds_between(first_time, second_time) -%}
    {{ return("date_diff('second', " ~ first_time ~ ', ' ~ second_time ~ ')') }}
{%- endmacro %}


{#- Whether a comma-separated text names a value; null where either is missing. -#}
{% macro list_contains(list, value) -%}
    {{ return("(',' || replace(" ~ list ~ ", ' ', '') || ',') like ('%,' || " ~ value ~ " || ',%')") }}
{%- endmacro %}


{#- The value of the row with the greatest order, an integer. -#}
{% macro latest_by(value, order) -%}
    {{ return(adapter.dispatch('latest_by', 'csat')(value, order)) }}
{%- endmacro %}

{% macro duckdb__latest_by(value, order) -%}
    {{ return('arg_max(' ~ value ~ ', ' ~ order ~ ')') }}
{%- endmacro %}


{#- An integer that orders rows by time to the second, and within a second by a hash of their key: the
    seconds in the upper 32 bits, the hash in the lower ones. -#}
{% macro order_by_time(time, key) -%}
    {{ return(adapter.dispatch('order_by_time', 'csat')(time, key)) }}
{%- endmacro %}

{% macro duckdb__order_by_time(time, key) -%}
    {{ return("(cast(epoch(" ~ time ~ ") as bigint) * 4294967296 + cast('0x' || substr(md5(" ~ key ~ "), 1, 8) as bigint))") }}
{%- endmacro %}


{#- A date moved by whole days, as DATE. -#}
{% macro add_days(date, days) -%}
    {{ return(adapter.dispatch('add_days', 'csat')(date, days)) }}
{%- endmacro %}

{% macro duckdb__add_days(date, days) -%}
    {{ return('(' ~ date ~ ' + cast(' ~ days ~ ' as integer))') }}
{%- endmacro %}


{#- SELECT of score_date, one row per day from one date to another, both included; a FROM follows that
    has the two. -#}
{% macro days_from_to(first_date, last_date) -%}
    {{ return(adapter.dispatch('days_from_to', 'csat')(first_date, last_date)) }}
{%- endmacro %}

{% macro duckdb__days_from_to(first_date, last_date) -%}
    select
        cast(unnest(generate_series(
            cast({{ first_date }} as timestamp),
            cast({{ last_date }} as timestamp),
            interval 1 day
        )) as date) as score_date
{%- endmacro %}


{#- Several values of a row, as so many rows of the SELECT whose column this is. -#}
{% macro row_of_each(values) -%}
    {{ return(adapter.dispatch('row_of_each', 'csat')(values)) }}
{%- endmacro %}

{% macro duckdb__row_of_each(values) -%}
    {{ return('unnest([' ~ values | join(', ') ~ '])') }}
{%- endmacro %}


{#- An integer that differs where any column of a row differs; its sum over rows tells sets of rows
    apart.

    relation   whose columns, as the engine knows them
    alias      how the query calls it
    except     columns that do not count -#}
{% macro row_checksum(relation, alias, except=[]) -%}
    {%- set columns = [] -%}
    {%- if execute -%}
        {%- for column in adapter.get_columns_in_relation(relation) if column.name not in except -%}
            {%- do columns.append(alias ~ '.' ~ column.name) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(adapter.dispatch('row_checksum', 'csat')(columns | join(', ') or '1')) }}
{%- endmacro %}

{% macro duckdb__row_checksum(columns) -%}
    {{ return('hash(' ~ columns ~ ')') }}
{%- endmacro %}


{#- A sum of doubles that does not depend on the order of rows, to 12 decimals, as DOUBLE. -#}
{% macro exact_sum(value) -%}
    {{ return(adapter.dispatch('exact_sum', 'csat')(value)) }}
{%- endmacro %}

{% macro duckdb__exact_sum(value) -%}
    {{ return('(cast(sum(cast(round((' ~ value ~ ') * 1e12) as hugeint)) as double) / 1e12)') }}
{%- endmacro %}


{#- Rows of a column that holds a list of structs, one column per field, for a SELECT. -#}
{% macro rows_of(column) -%}
    {{ return(adapter.dispatch('rows_of', 'csat')(column)) }}
{%- endmacro %}

{% macro duckdb__rows_of(column) -%}
    {{ return('unnest(' ~ column ~ ', max_depth := 2)') }}
{%- endmacro %}


{#- A struct of SQL expressions by the names of its fields. -#}
{% macro struct_of(fields) -%}
    {{ return(adapter.dispatch('struct_of', 'csat')(fields)) }}
{%- endmacro %}

{% macro duckdb__struct_of(fields) -%}
    {%- set pairs = [] -%}
    {%- for name, value in fields.items() -%}
        {%- do pairs.append(name ~ ' := ' ~ value) -%}
    {%- endfor -%}
    {{ return('struct_pack(' ~ pairs | join(', ') ~ ')') }}
{%- endmacro %}


{#- A list of SQL expressions. -#}
{% macro list_of(items) -%}
    {{ return(adapter.dispatch('list_of', 'csat')(items)) }}
{%- endmacro %}

{% macro duckdb__list_of(items) -%}
    {{ return('list_value(' ~ items | join(', ') ~ ')') }}
{%- endmacro %}


{#- An aggregate: the first values of a column, in the order of another, as a list. -#}
{% macro first_values(value, order, count) -%}
    {{ return(adapter.dispatch('first_values', 'csat')(value, order, count)) }}
{%- endmacro %}

{% macro duckdb__first_values(value, order, count) -%}
    {{ return('min_by(' ~ value ~ ', ' ~ order ~ ', ' ~ count ~ ')') }}
{%- endmacro %}


{#- An item of a list by its place, from 1 on; null where the list is shorter. -#}
{% macro item_of(list, place) -%}
    {{ return(adapter.dispatch('item_of', 'csat')(list, place)) }}
{%- endmacro %}

{% macro duckdb__item_of(list, place) -%}
    {{ return(list ~ '[' ~ place ~ ']') }}
{%- endmacro %}


{#- The items of a list from the largest to the smallest. -#}
{% macro falling(list) -%}
    {{ return(adapter.dispatch('falling', 'csat')(list)) }}
{%- endmacro %}

{% macro duckdb__falling(list) -%}
    {{ return('list_reverse_sort(' ~ list ~ ')') }}
{%- endmacro %}


{#- The place of an item in a list, from 1 on, a bigint. -#}
{% macro place_of(list, item) -%}
    {{ return(adapter.dispatch('place_of', 'csat')(list, item)) }}
{%- endmacro %}

{% macro duckdb__place_of(list, item) -%}
    {{ return('cast(list_position(' ~ list ~ ', ' ~ item ~ ') as bigint)') }}
{%- endmacro %}


{#- A number from 0 to below 1 that a text hashes to, the same on every engine. -#}
{% macro hash_share(text) -%}
    {{ return(adapter.dispatch('hash_share', 'csat')(text)) }}
{%- endmacro %}

{% macro duckdb__hash_share(text) -%}
    {{ return("(cast('0x' || substr(md5(" ~ text ~ "), 1, 8) as bigint) / 4294967296e0)") }}
{%- endmacro %}


{#- A number in a JSON object, by its key, as DOUBLE; null where it is not there. -#}
{% macro json_number(column, key) -%}
    {{ return(adapter.dispatch('json_number', 'csat')(column, key)) }}
{%- endmacro %}

{% macro duckdb__json_number(column, key) -%}
    {{ return("try_cast(json_extract_string(" ~ column ~ ", '$." ~ key ~ "') as double)") }}
{%- endmacro %}


{#- A text in a JSON object, by its key; null where it is not there. -#}
{% macro json_text(column, key) -%}
    {{ return(adapter.dispatch('json_text', 'csat')(column, key)) }}
{%- endmacro %}

{% macro duckdb__json_text(column, key) -%}
    {{ return("json_extract_string(" ~ column ~ ", '$." ~ key ~ "')") }}
{%- endmacro %}


{#- Money as people write it, without cents: 2,597. -#}
{% macro money_in_words(value) -%}
    {{ return(adapter.dispatch('money_in_words', 'csat')(value)) }}
{%- endmacro %}

{% macro duckdb__money_in_words(value) -%}
    {{ return("format('{:,}', cast(round(" ~ value ~ ", 0) as bigint))") }}
{%- endmacro %}


{#- The SHA-256 of a text, in hexadecimal. -#}
{% macro sha256_text(text) -%}
    {{ return(adapter.dispatch('sha256_text', 'csat')(text)) }}
{%- endmacro %}

{% macro duckdb__sha256_text(text) -%}
    {{ return('sha256(' ~ text ~ ')') }}
{%- endmacro %}


{#- SELECT of the suppression list in a CSV file; of nothing where the file is not there. -#}
{% macro select_suppression_list(file) -%}
    {{ return(adapter.dispatch('select_suppression_list', 'csat')(file)) }}
{%- endmacro %}

{% macro duckdb__select_suppression_list(file) -%}
    {%- if run_query("select 1 from glob('" ~ file | replace("'", "''") ~ "')").rows -%}
        {{ return('select customer_hash, salt, characters, listed_at, removed_at from ' ~ suppression_list_reader(file)) }}
    {%- endif -%}
    {{ return(empty_suppression_list()) }}
{%- endmacro %}


{#- DuckDB's SQL of the rows of a suppression list. -#}
{% macro suppression_list_reader(file) -%}
    {{ return(
        "read_csv('" ~ file | replace("'", "''") ~ "', header = true, delim = ',', columns = {'customer_hash': 'varchar',"
        ~ " 'salt': 'varchar', 'characters': 'bigint', 'listed_at': 'timestamp', 'removed_at': 'timestamp'})"
    ) }}
{%- endmacro %}


{% macro empty_suppression_list() -%}
    {{ return(
        'select cast(null as varchar) as customer_hash, cast(null as varchar) as salt,'
        ~ ' cast(null as bigint) as characters, cast(null as timestamp) as listed_at,'
        ~ ' cast(null as timestamp) as removed_at where false'
    ) }}
{%- endmacro %}
