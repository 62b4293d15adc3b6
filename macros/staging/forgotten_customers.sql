{#- Customers who have asked to be forgotten. `csat forget-customer` removes them and puts them on a list
    that holds no id in clear: a salted hash, and how long the id is. Here the list keeps them out, whatever
    is delivered again. -#}


{#- The list as this build file last read it. -#}
{% macro forgotten_customers() -%}
    {{ return(api.Relation.create(database=target.database, schema='staging', identifier='forgotten_customers')) }}
{%- endmacro %}


{#- The file of the list: CSAT_SUPPRESSION_LIST, or else the var suppression_list; a relative path starts at
    the project's folder. -#}
{% macro suppression_list() -%}
    {%- set file = env_var('CSAT_SUPPRESSION_LIST', var('suppression_list')) -%}
    {{ return(file if file.startswith('/') else invocation_args_dict.get('project_dir') ~ '/' ~ file) }}
{%- endmacro %}


{#- Runs before every build: reads the list, and stops where somebody on it would come to readers again. -#}
{% macro read_forgotten_customers() %}
    {%- if execute -%}
        {%- set listed = select_suppression_list(suppression_list()) -%}
        {%- if flags.WHICH in ['build', 'run', 'retry'] and target.name != 'check' -%}
            {%- do stop_at_half_forgotten(listed) -%}
        {%- endif %}
create schema if not exists {{ forgotten_customers().include(identifier=false) }};
create or replace table {{ forgotten_customers() }} as {{ listed }}
    {%- endif -%}
{% endmacro %}


{% macro stop_at_half_forgotten(listed) %}
    {%- set mend = "run `csat forget-customer`, without ids, which removes whoever is on the list" -%}
    {%- if load_relation(forgotten_customers()) is not none
        and run_query(
            "select 1 from " ~ forgotten_customers() ~ " where customer_hash not in (select customer_hash from ("
            ~ listed ~ ")) limit 1"
        ).rows -%}
        {%- do exceptions.raise_compiler_error(
            "Customers who were forgotten are no longer on the suppression list " ~ suppression_list()
            ~ ": restore the file, or else they come back from the source; if that is what you want, drop the table "
            ~ forgotten_customers().include(database=false) ~ " of the build file."
        ) -%}
    {%- endif -%}
    {%- if run_query("select 1 from (" ~ listed ~ ") where removed_at is null limit 1").rows -%}
        {%- do exceptions.raise_compiler_error(
            "A `csat forget-customer` was broken off before all was removed: " ~ mend ~ "."
        ) -%}
    {%- endif -%}
    {%- set customers = base_model_of('customers') -%}
    {%- if load_relation(customers) is not none and run_query(
        "select 1 from (select distinct customer_id from " ~ customers ~ ") as customers where "
        ~ hash_of_forgotten('customer_id', listed) ~ " in (select customer_hash from (" ~ listed ~ ")) limit 1"
    ).rows -%}
        {%- do exceptions.raise_compiler_error(
            "This build file holds customers who were forgotten, as one does that was restored from a copy: "
            ~ mend ~ "."
        ) -%}
    {%- endif -%}
{% endmacro %}


{#- The hash of an id as the list has it; null where nobody on the list has an id of that length, so that
    few texts are hashed.

    value   SQL expression of a text
    listed  relation or query of the list -#}
{% macro hash_of_forgotten(value, listed) %}
    {%- set rows = run_query("select distinct salt, characters from (" ~ listed ~ ") order by characters").rows -%}
    {%- if not rows -%}
        {{ return('cast(null as varchar)') }}
    {%- endif -%}
    {{ return(
        'case when length(' ~ value ~ ') in (' ~ rows | map(attribute='characters') | join(', ') ~ ') then '
        ~ sha256_text("'" ~ rows[0]['salt'] ~ "' || " ~ value) ~ ' end'
    ) }}
{% endmacro %}


{#- Whether rows of a source table may be about somebody on the list at all. -#}
{% macro may_be_forgotten(source_table) %}
    {{ return(
        'customer_id' in contract_columns(source_table)
        and load_relation(forgotten_customers()) is not none
        and run_query('select 1 from ' ~ forgotten_customers() ~ ' limit 1').rows | length > 0
    ) }}
{% endmacro %}


{#- Whether a row is about somebody on the list: its customer is; or it is broken, and any of its values
    is such an id, since the columns of a broken line may have shifted.

    found  columns of the delivery, by the contract's names -#}
{% macro is_about_forgotten(found) %}
    {%- set listed = 'select salt, characters, customer_hash from ' ~ forgotten_customers() -%}
    {%- set hashes = [hash_of_forgotten('customer_id', listed)] -%}
    {%- for name in found -%}
        {%- do hashes.append(
            'case when broken_rule is not null then '
            ~ hash_of_forgotten('trim(cast(delivered_' ~ name ~ ' as varchar))', listed) ~ ' end'
        ) -%}
    {%- endfor -%}
    {%- set conditions = [] -%}
    {%- for hash in hashes -%}
        {%- do conditions.append(
            'coalesce(' ~ hash ~ ' in (select customer_hash from ' ~ forgotten_customers() ~ '), false)'
        ) -%}
    {%- endfor -%}
    {{ return(conditions | join('\n        or ')) }}
{% endmacro %}


{#- What stands in the place of a rule in rows of forgotten customers. Nothing of such a row is kept but that
    it was delivered, where, and when it was loaded: so rows received still equal what became of them. -#}
{% macro forgotten_rule() -%}
    forgotten_customer
{%- endmacro %}


{#- Condition of rows of a base model that break a rule. -#}
{% macro is_rejected() -%}
    {{ return("rejection_rule <> '" ~ forgotten_rule() ~ "'") }}
{%- endmacro %}
