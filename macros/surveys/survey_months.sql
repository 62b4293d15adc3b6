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


{#- Up to which day, and by which rules, survey figures have been made: by runs that made all of them, and by the
    one under way. -#}
{% macro counted_surveys() -%}
    {{ return(api.Relation.create(database=target.database, schema='staging', identifier='counted_surveys')) }}
{%- endmacro %}


{#- Runs before every build, as create_read_deliveries does. -#}
{% macro create_changed_rows() %}
create table if not exists {{ changed_rows() }} (reader varchar, record_key varchar, changed_from timestamp);
create table if not exists {{ counted_surveys() }} (as_of_date date, rules varchar, is_complete boolean)
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


{#- What figures are made by, besides the rows: where it differs from last time, all months are due. -#}
{% macro rules_of_surveys() -%}
    {%- set rules = [survey_dimensions() | map(attribute='name') | join(' '), var('response_days'), var('late_arrival_days')] -%}
    {%- for node in graph.nodes.values()
        if node.resource_type in ['model', 'seed'] and node.name in models_by_survey_month()
            + ['int_survey_months_due', 'stg_survey_answers', 'survey_instruments', 'survey_scale_answers'] -%}
        {%- do rules.append(node.checksum.checksum) -%}
    {%- endfor -%}
    {#- A replay knows less, and what came with the first load counts as known before. -#}
    {%- do rules.append(run_query('select min(known_before) from ' ~ ref('int_as_of_date')).rows[0][0]) -%}
    {%- do rules.append(
        run_query('select min(loaded_at) from ' ~ ref('base_company__survey_responses')).rows[0][0]
    ) -%}
    {{ return(local_md5(rules | map('string') | sort | join(' '))) }}
{%- endmacro %}


{#- The as-of date that figures have been made up to, as a DATE literal; none where all months are due. -#}
{% macro surveys_counted_until() -%}
    {%- if not execute or flags.FULL_REFRESH -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set counted = run_query(
        'select as_of_date, rules from ' ~ counted_surveys() ~ ' where is_complete'
    ).rows -%}
    {%- set is_all_changed = run_query('select 1 from ' ~ changed_rows() ~ ' where record_key is null limit 1').rows -%}
    {%- set as_of_date = literal_day(ref('int_as_of_date'), 'min(as_of_date)') -%}
    {%- if not counted or is_all_changed or counted[0]['rules'] != rules_of_surveys()
        or "date '" ~ counted[0]['as_of_date'] ~ "'" > as_of_date -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return("date '" ~ counted[0]['as_of_date'] ~ "'") }}
{%- endmacro %}


{#- Post-hook of int_survey_months_due: notes what the figures under way are made by. Once all months are due, those
    of other rules may be among them until a run has made all. -#}
{% macro begin_counting_surveys() %}
    {%- if execute -%}
delete from {{ counted_surveys() }}
where not is_complete or exists (select 1 from {{ this }} where survey_month = {{ month_for_all() }});
insert into {{ counted_surveys() }}
select {{ literal_day(ref('int_as_of_date'), 'min(as_of_date)') }} as as_of_date, '{{ rules_of_surveys() }}' as rules,
    false as is_complete
    {%- endif -%}
{% endmacro %}


{#- At the end of a run that has made all of them, figures hold what was noted. -#}
{% macro end_counting_surveys(results) %}
    {%- set made = [] -%}
    {%- for result in results if result.status == 'success' -%}
        {%- do made.append(result.node.name) -%}
    {%- endfor -%}
    {%- if execute and not models_by_survey_month() | reject('in', made) | list and 'int_survey_months_due' in made -%}
delete from {{ counted_surveys() }} where is_complete;
update {{ counted_surveys() }} set is_complete = true;
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


{#- Pre-hook of a model made by the month: forgets what this run makes again.

    month  SQL of the month of a row -#}
{% macro forget_survey_months_due(month) %}
    {%- if execute and is_incremental() -%}
delete from {{ this }}
        {%- if not makes_all_survey_months() %}
where {{ month }} in (select survey_month from {{ ref('int_survey_months_due') }})
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
