{#- Survey figures are remade by the month that surveys were sent in, and only where something may have changed: so
    a day costs a day, and yet ends in the same figures as a full refresh. What base models write is noted until
    the figures have taken it in; a run that is broken off leaves the note for the next one. -#}


{#- Tables whose rows decide what a survey record is. -#}
{% macro survey_sources() -%}
    {{ return(['survey_invitations', 'survey_responses', 'contacts', 'agents', 'customers']) }}
{%- endmacro %}


{#- Rows of these tables that have changed and are not yet in survey figures: the key, and from when on records may
    be others for it. A row without a key stands for all rows. -#}
{% macro changed_rows() -%}
    {{ return(api.Relation.create(database=target.database, schema='staging', identifier='changed_rows')) }}
{%- endmacro %}


{#- Up to which day, and by which rules, each model that is made by the month has been made. -#}
{% macro counted_surveys() -%}
    {{ return(api.Relation.create(database=target.database, schema='staging', identifier='counted_surveys')) }}
{%- endmacro %}


{#- Runs before every build, as create_read_deliveries does. -#}
{% macro create_changed_rows() %}
create table if not exists {{ changed_rows() }} (reader varchar, record_key varchar, changed_from timestamp);
create table if not exists {{ counted_surveys() }} (model varchar, as_of_date date, rules varchar)
{% endmacro %}


{#- Statement that notes how rows about to take the place of others differ from them. What is only delivered again is
    no change. A first version counts from ever, any other from when it was loaded. -#}
{% macro note_changed_rows(rows) %}
    {%- set source_table = source_table_of(this) -%}
    {%- if source_table in survey_sources() -%}
        {%- set columns = contract_columns(source_table) | join(', ') -%}
        {%- set counting -%}
select record_key, is_first_version, {{ columns }}
from %s
where rejection_rule is null and (superseded_at is null or superseded_at > loaded_at)
        {%- endset -%}
        {%- set new = counting | replace('%s', rows | string) -%}
        {%- set old = counting | replace('%s', this | string)
            ~ ' and record_key in (select record_key from ' ~ rows ~ ')' -%}
insert into {{ changed_rows() }}
select
    '{{ this.identifier }}' as reader,
    record_key,
    min(case when is_first_version then timestamp '0001-01-01' else loaded_at end) as changed_from
from (
    ({{ new }} except {{ old }})
    union all
    ({{ old }} except {{ new }})
) as differing
group by record_key;
    {%- endif -%}
{% endmacro %}


{#- Statement that notes that all rows of a base model may have changed. -#}
{% macro note_all_rows_changed() %}
    {%- if source_table_of(this) in survey_sources() %}
insert into {{ changed_rows() }}
select '{{ this.identifier }}' as reader, null as record_key, timestamp '0001-01-01' as changed_from;
    {%- endif -%}
{% endmacro %}


{#- The month that a survey was sent in, as its first day. -#}
{% macro survey_month(sent_at) -%}
    {{ return("cast(date_trunc('month', " ~ sent_at ~ ') as date)') }}
{%- endmacro %}


{#- A month before all others, which is due where all of them are. -#}
{% macro month_for_all() -%}
    {{ return("date '0001-01-01'") }}
{%- endmacro %}


{#- Models that are made by the month. -#}
{% macro models_by_survey_month() -%}
    {{ return([
        'int_survey_ratings', 'int_survey_invitations', 'int_survey_records', 'int_survey_day_counts',
        'fct_survey_invitations'
    ]) }}
{%- endmacro %}


{#- What figures are made by, besides the rows: where it differs from last time, all months are due. Macros are told
    by what they write, seeds by what was loaded of them. -#}
{% macro rules_of_surveys() -%}
    {%- set rules = [
        survey_dimensions() | tojson, survey_counts() | tojson, survey_sums() | tojson, dimension_value('a'),
        survey_month('a'), exact_sum('a'), known_at('a', 'b'), known_before_as_of('a'), counts_as_loaded('a', 'b'),
        'response_days: ' ~ var('response_days')
    ] -%}
    {%- set code = {} -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
        {%- do code.update({node.name: node.checksum.checksum}) -%}
    {%- endfor -%}
    {%- for name in models_by_survey_month() + ['int_survey_months_due', 'stg_survey_answers'] -%}
        {%- do rules.append(name ~ ': ' ~ code.get(name)) -%}
    {%- endfor -%}
    {%- for source_table in survey_sources() -%}
        {%- set name = 'stg_company__' ~ source_table ~ '_versions' -%}
        {%- do rules.append(name ~ ': ' ~ code.get(name)) -%}
    {%- endfor -%}
    {#- A replay knows less, and what came with the first load counts as known before. -#}
    {%- for relation, told in [
        (built_relation('int_as_of_date'), 'min(known_before)'), (base_model_of('survey_responses'), 'min(loaded_at)'),
        (built_relation('stg_survey_answers'), none), (built_relation('survey_instruments'), none)
    ] if load_relation(relation) is not none -%}
        {%- set query = 'select ' ~ (told or contents_checksum(relation)) ~ ' from ' ~ relation ~ ' as told' -%}
        {%- do rules.append(query ~ ': ' ~ run_query(query).rows[0][0]) -%}
    {%- endfor -%}
    {{ return(local_md5(rules | join('\n'))) }}
{%- endmacro %}


{#- A model or seed as this run or an earlier one has left it, for hooks: `ref` asks for a dependency of its own. -#}
{% macro built_relation(name) -%}
    {%- for node in graph.nodes.values() if node.name == name and node.resource_type in ['model', 'seed'] -%}
        {{ return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.name)) }}
    {%- endfor -%}
{%- endmacro %}


{#- Number that tells the rows of a small relation called `told`, in whatever order. -#}
{% macro contents_checksum(relation) -%}
    {{ return('cast(sum(' ~ row_checksum(relation, 'told') ~ ') as varchar)') }}
{%- endmacro %}


{#- The as-of date that all figures have been made up to, as a DATE literal; none where all months are due. -#}
{% macro surveys_counted_until() -%}
    {%- if not execute or flags.FULL_REFRESH or load_relation(counted_surveys()) is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set counted = run_query(
        "select count(*), min(as_of_date), max(as_of_date) from " ~ counted_surveys()
        ~ " where rules = '" ~ rules_of_surveys() ~ "' and model in ('"
        ~ models_by_survey_month() | join("', '") ~ "')"
    ).rows[0] -%}
    {%- set are_all_changed = run_query('select 1 from ' ~ changed_rows() ~ ' where record_key is null limit 1').rows -%}
    {%- if counted[0] < models_by_survey_month() | length or are_all_changed
        or "date '" ~ counted[2] ~ "'" > literal_day(built_relation('int_as_of_date'), 'min(as_of_date)') -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return("date '" ~ counted[1] ~ "'") }}
{%- endmacro %}


{#- Post-hook of a model made by the month, in the transaction that writes it: notes what it is made by. -#}
{% macro record_counted_surveys() %}
    {%- if execute -%}
delete from {{ counted_surveys() }} where model = '{{ this.identifier }}';
insert into {{ counted_surveys() }}
select '{{ this.identifier }}' as model, {{ literal_day(built_relation('int_as_of_date'), 'min(as_of_date)') }} as as_of_date,
    '{{ rules_of_surveys() }}' as rules
    {%- endif -%}
{% endmacro %}


{#- At the end of a run that has made all of them, figures hold what was noted. -#}
{% macro forget_changed_rows(results) %}
    {%- set made = [] -%}
    {%- for result in results if result.status == 'success' -%}
        {%- do made.append(result.node.name) -%}
    {%- endfor -%}
    {%- if execute and not (models_by_survey_month() + ['int_survey_months_due']) | reject('in', made) | list -%}
delete from {{ changed_rows() }}
    {%- endif -%}
{% endmacro %}


{#- Whether a model made by the month makes all months: the first time, and where all are due. -#}
{% macro makes_all_survey_months() -%}
    {{ return(not execute or not is_incremental() or run_query(
        'select 1 from ' ~ ref('int_survey_months_due') ~ ' where survey_month = ' ~ month_for_all()
    ).rows | length > 0) }}
{%- endmacro %}


{#- Condition of surveys of the months that are due.

    sent_at  SQL of when a survey was sent -#}
{% macro is_of_months_due(sent_at) -%}
    {%- if makes_all_survey_months() -%}
        {{ return('true') }}
    {%- endif -%}
    {{ return(
        '(' ~ sent_at ~ ' >= ' ~ first_survey_month_due() ~ ' and ' ~ survey_month(sent_at)
        ~ ' in (select survey_month from ' ~ ref('int_survey_months_due') ~ '))'
    ) }}
{%- endmacro %}


{#- The first of the months due, as a DATE literal, which lets the engine skip what is older. -#}
{% macro first_survey_month_due() -%}
    {%- if makes_all_survey_months() -%}
        {{ return(month_for_all()) }}
    {%- endif -%}
    {{ return(literal_day(ref('int_survey_months_due'), "coalesce(min(survey_month), date '9999-12-31')")) }}
{%- endmacro %}


{#- Incremental strategy of models made by the month: rows take the place of all rows of the months due. -#}
{% macro get_incremental_survey_months_sql(arguments) %}
    {%- set columns = arguments['dest_columns'] | map(attribute='name') | list -%}
    {%- set month = 'survey_month' if 'survey_month' in columns else survey_month('sent_at') -%}
delete from {{ this }}
    {%- if not makes_all_survey_months() %}
where {{ month }} in (select survey_month from {{ ref('int_survey_months_due') }})
    {%- endif %};

insert into {{ this }} ({{ get_quoted_csv(columns) }})
select {{ get_quoted_csv(columns) }} from {{ arguments['temp_relation'] }}
{% endmacro %}
