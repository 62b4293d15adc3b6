{#- What each source says of customers in batches of days, as long as it lasts: a SELECT of source, told_by, customer_id or
    region, batch, as_of_at, until_at and every registered feature, null but for those of the source. Where told_by is
    customer_id or region, that is whom a row is of.

    A row holds for its customer, or for all customers of its region, at the midnights from as_of_at to the one
    before until_at, but that days since something are one more with each of them. The row of a source and a batch
    that is told by nobody holds for whoever has no other. Day by day this is what features_at tells,
    but for what nobody knows before a window lies within what its source has recorded: window_starts tells since when.

    dates  relation of score_date, known_before and batch -#}
{% macro lasting_features(dates) %}
    {#- Named here, since what is written only when it runs counts for no dependency. -#}
    {%- do activity_relations() -%}
    {%- do ref('stg_company__customers_versions') -%}
    {%- set registry = ref('feature_definitions') -%}
    {%- set batches = spans_of_batches(dates) -%}
    {%- set held = ['customer_id', 'as_of_at', 'batch'] -%}
    {%- set is_loaded = execute and load_relation(registry) -%}
    {%- set features = registered_features() if is_loaded else [] -%}
    {%- for source, own in features | groupby('source') %}
        {%- set keys = feature_keys(source, held) -%}
        {%- set keys = keys + (['batch'] if keys[0] == 'region' else []) -%}
        {%- set advances = keys[0] == 'customer_id' and changes_can_be_told(source, own) -%}
        {%- if advances -%}
            {%- set moments = changing_moments(source, own, batches) -%}
        {%- elif keys[0] == 'region' -%}
            {%- set moments = moments_of_regions(times_of_batches(dates)) -%}
        {%- else -%}
            {%- set moments = '(' ~ customer_moments(dates, also=['batch']) ~ ')' -%}
        {%- endif %}
{{ 'union all' if not loop.first }}
select
    '{{ source }}' as source,
    '{{ keys[0] }}' as told_by,
    {{ 'told.customer_id' if keys[0] == 'customer_id' else 'null' }} as customer_id,
    {{ 'told.region' if keys[0] == 'region' else 'null' }} as region,
    told.batch,
    told.as_of_at,
    {{ 'told.until_at' if advances else 'told.as_of_at + interval 1 day' }} as until_at
    {%- for feature in features %},
    {{ shown_feature(feature, 'told.' ~ feature.feature, 'told.as_of_at', none)
        if feature in own else 'null' }} as {{ feature.feature }}
    {%- endfor %}
from (
    {{ features_of_source(
        source, own, moments, keys + (['until_at'] if advances else []), first_due_day()
    ) | indent(4) }}
) as told
union all
select
    '{{ source }}' as source,
    'nobody' as told_by,
    null as customer_id,
    null as region,
    batches.batch,
    batches.first_moment as as_of_at,
    {{ end_of_time() }} as until_at
    {%- for feature in features %},
    {{ shown_feature(
        feature, 'cast(null as timestamp)' if feature.aggregate == 'days_since' else 'null', 'batches.first_moment', none
    ) if feature in own else 'null' }} as {{ feature.feature }}
    {%- endfor %}
from {{ batches }} as batches
    {%- else -%}
select * from {{ dates }} as given
    {%- endfor %}
{% endmacro %}


{#- Midnights from which the window of a feature lies within what its source has recorded, so that nothing counts as 0
    from then on, and as null before: a SELECT of feature and recorded_from. -#}
{% macro window_starts() %}
    {%- do activity_relations() -%}
    {%- set registry = ref('feature_definitions') -%}
    {%- set found = [] -%}
    {%- if execute and load_relation(registry) -%}
        {%- set starts = record_starts() -%}
        {%- for feature in registered_features() if feature.missing_rule == 'zero' -%}
            {%- do found.append((feature.feature, recorded_from(feature, starts))) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- for feature, start in found %}
select '{{ feature }}' as feature, cast({{ start }} as timestamp) as recorded_from
union all
    {%- endfor %}
select cast(null as varchar) as feature, cast(null as timestamp) as recorded_from where false
{% endmacro %}


{#- The end of each day of batches: a SELECT of batch, known_before and as_of_at.

    dates  relation of score_date, known_before and batch -#}
{% macro times_of_batches(dates) -%}
(
    select
        batch,
        known_before,
        cast({{ add_days('score_date', 1) }} as timestamp) as as_of_at
    from {{ dates }} as dates
)
{%- endmacro %}


{#- The ends of the first and the last day of each batch: a SELECT of batch, known_before, first_moment and
    last_moment.

    dates  relation of score_date, known_before and batch -#}
{% macro spans_of_batches(dates) -%}
(
    select
        batch,
        known_before,
        min(as_of_at) as first_moment,
        max(as_of_at) as last_moment
    from {{ times_of_batches(dates) }} as times
    group by batch, known_before
)
{%- endmacro %}


{#- Each region that any customer has ever been in, at each of some times: a SELECT of region and their columns.

    times  relation -#}
{% macro moments_of_regions(times) -%}
(
    select
        regions.region,
        times.*
    from (
        select distinct region from {{ ref('stg_company__customers_versions') }} where region is not null
    ) as regions
    cross join {{ times }} as times
)
{%- endmacro %}


{#- The same for the batches of this run. An engine of many processes has none: it scores each customer and day from
    int_scoring_features, wherever these are.

    dates  relation of score_date, known_before and batch -#}
{% macro lasting_features_of_run(dates) -%}
    {{ return(adapter.dispatch('lasting_features_of_run', 'csat')(dates)) }}
{%- endmacro %}

{% macro duckdb__lasting_features_of_run(dates) -%}
    {{ return(lasting_features(dates)) }}
{%- endmacro %}

{% macro spark__lasting_features_of_run(dates) -%}
select batch
from {{ dates }} as days
where false
{%- endmacro %}
