{#- What engine_differences.sql dispatches, on Spark. The SQL around it is DuckDB's, and translated: so are
    these, and what DuckDB has no word for is a function of Spark's that translation leaves as it is. -#}


{% macro spark__utc_timestamp(text) -%}
    {{ return(
        "case when regexp_matches(" ~ text ~ ", ':[0-9.]+ ?(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)$')"
        ~ " then spark_utc(" ~ text ~ ") else try_cast(" ~ text ~ " as timestamp) end"
    ) }}
{%- endmacro %}


{% macro spark__utc_of_zoned(value) -%}
    {{ return('cast(' ~ value ~ ' as timestamp)') }}
{%- endmacro %}


{% macro spark__local_time(time, time_zone) -%}
    {{ return("convert_timezone('UTC', '" ~ time_zone ~ "', " ~ time ~ ")") }}
{%- endmacro %}


{% macro spark__first_group() -%}
    {{ return("'$1'") }}
{%- endmacro %}


{% macro spark__row_as_json(columns, names) -%}
    {%- set pairs = [] -%}
    {%- for column in columns -%}
        {%- do pairs.append("'" ~ names[loop.index0] ~ "', " ~ column) -%}
    {%- endfor -%}
    {{ return("spark_json(named_struct(" ~ pairs | join(', ') ~ "))") }}
{%- endmacro %}


{% macro spark__json_with_replaced(record, names, text) -%}
    {%- set replaced = [record] -%}
    {%- for name in names -%}
        {%- do replaced.append(
            "case when get_json_object(" ~ record ~ ", '$." ~ name ~ "') is null then " ~ replaced[-1]
            ~ " else regexp_replace(" ~ replaced[-1] ~ ", '\"" ~ name ~ "\":(\"([^\"\\\\\\\\]|\\\\\\\\.)*\"|[^,}]*)', '\"" ~ name ~ "\":\"" ~ text ~ "\"') end"
        ) -%}
    {%- endfor -%}
    {{ return(replaced[-1]) }}
{%- endmacro %}


{% macro spark__all_columns_except(columns) -%}
    {{ return('* exclude (' ~ columns | join(', ') ~ ')') }}
{%- endmacro %}


{% macro spark__days_between(first_date, second_date) -%}
    {{ return('cast(spark_days(' ~ second_date ~ ', ' ~ first_date ~ ') as bigint)') }}
{%- endmacro %}


{% macro spark__seconds_between(first_time, second_time) -%}
    {{ return("spark_seconds(date_trunc('second', " ~ first_time ~ "), date_trunc('second', " ~ second_time ~ '))') }}
{%- endmacro %}


{#- As in DuckDB, rows without a value do not count. -#}
{% macro spark__latest_by(value, order) -%}
    {{ return('max_by(' ~ value ~ ', case when ' ~ value ~ ' is not null then ' ~ order ~ ' end)') }}
{%- endmacro %}


{% macro spark__order_by_time(time, key) -%}
    {{ return("(spark_seconds(timestamp '1970-01-01 00:00:00', date_trunc('second', " ~ time ~ ")) * 4294967296"
        ~ " + cast(conv(substr(md5(" ~ key ~ "), 1, 8), 16, 10) as bigint))") }}
{%- endmacro %}


{% macro spark__add_days(date, days) -%}
    {{ return('spark_date_add(' ~ date ~ ', cast(' ~ days ~ ' as integer))') }}
{%- endmacro %}


{% macro spark__days_from_to(first_date, last_date) -%}
    select spark_each(sequence(cast({{ first_date }} as date), cast({{ last_date }} as date))) as score_date
{%- endmacro %}


{% macro spark__row_of_each(values) -%}
    {{ return('spark_each(array(' ~ values | join(', ') ~ '))') }}
{%- endmacro %}


{% macro spark__row_checksum(columns) -%}
    {{ return('cast(xxhash64(' ~ columns ~ ') as decimal(38, 0))') }}
{%- endmacro %}


{% macro spark__exact_sum(value) -%}
    {{ return(duckdb__exact_sum(value)) }}
{%- endmacro %}


{% macro spark__rows_of(column) -%}
    {{ return('inline(' ~ column ~ ')') }}
{%- endmacro %}


{% macro spark__struct_of(fields) -%}
    {%- set pairs = [] -%}
    {%- for name, value in fields.items() -%}
        {%- do pairs.append("'" ~ name ~ "', " ~ value) -%}
    {%- endfor -%}
    {{ return('named_struct(' ~ pairs | join(', ') ~ ')') }}
{%- endmacro %}


{% macro spark__list_of(items) -%}
    {{ return('array(' ~ items | join(', ') ~ ')') }}
{%- endmacro %}


{% macro spark__first_values(value, order, count) -%}
    {{ return('spark_first_values(' ~ value ~ ', ' ~ order ~ ', ' ~ count ~ ')') }}
{%- endmacro %}


{% macro spark__item_of(list, place) -%}
    {{ return('try_element_at(' ~ list ~ ', cast(' ~ place ~ ' as integer))') }}
{%- endmacro %}


{% macro spark__falling(list) -%}
    {{ return('sort_array(' ~ list ~ ', false)') }}
{%- endmacro %}


{% macro spark__place_of(list, item) -%}
    {{ return('cast(nullif(array_position(' ~ list ~ ', ' ~ item ~ '), 0) as bigint)') }}
{%- endmacro %}


{% macro spark__hash_share(text) -%}
    {{ return("(cast(conv(substr(md5(" ~ text ~ "), 1, 8), 16, 10) as bigint) / 4294967296e0)") }}
{%- endmacro %}


{% macro spark__json_number(column, key) -%}
    {{ return("try_cast(get_json_object(" ~ column ~ ", '$." ~ key ~ "') as double)") }}
{%- endmacro %}


{% macro spark__json_text(column, key) -%}
    {{ return("get_json_object(" ~ column ~ ", '$." ~ key ~ "')") }}
{%- endmacro %}


{% macro spark__money_in_words(value) -%}
    {{ return("format_number(cast(round(" ~ value ~ ", 0) as bigint), 0)") }}
{%- endmacro %}


{% macro spark__sha256_text(text) -%}
    {{ return('sha2(' ~ text ~ ', 256)') }}
{%- endmacro %}


{% macro spark__select_suppression_list(file) -%}
    {%- if adapter.has_file(file) -%}
        {{ return('select customer_hash, salt, characters, listed_at, removed_at from '
            ~ adapter.view_of_deliveries(suppression_list_reader(file), [])) }}
    {%- endif -%}
    {{ return(empty_suppression_list()) }}
{%- endmacro %}
