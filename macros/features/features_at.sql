{#- Every registered feature of customers at moments: a SELECT of the keys and one column per row of the
    registry. Training and scoring both read it, so that a feature means the
    same in both.

    Only what had happened and was known before the moment counts: events before it, in the version
    known then, of what had been loaded before known_before. A window of N days is the N × 24 hours
    before the moment; where it reaches back before the company's first record of its kind, nobody
    knows what happened, and a count of nothing is missing, not 0.

    moments   relation of customer_id, as_of_at (exclusive), known_before
    earliest  day that no moment lies before, as a literal; lets the engine skip older events
    keys      what the moments are unique by, and the columns that tell them: with known_before, where it differs
              between moments; with batch, where it is asked for
    times     relation of all their as_of_at and known_before, where there is one that tells these without
              going through all customers; what happens around them is computed for each of these
    only      names of the features wanted, in place of all
    batches   relation of batch, first_moment, last_moment and known_before, where the moments are the midnights
              from the first to the last of the batch that each row names. Features then advance: events are
              met only where they change something, and a filter on batch reaches down to them
    name_regions  whether moments have the region of each customer, as those of customer_moments do -#}
{% macro features_at(
    moments, earliest, keys=['customer_id', 'as_of_at'], times=none, only=none, batches=none, name_regions=false
) %}
    {%- set sources = activity_relations() -%}
    {%- set customers = ref('stg_company__customers_versions') -%}
    {%- set registry = ref('feature_definitions') -%}
    {%- set shown_keys = keys -%}
    {%- set keys = keys + (['batch'] if batches and 'batch' not in keys else []) -%}
    {%- if not execute or load_relation(registry) is none -%}
        {{ return('select ' ~ shown_keys | join(', ') ~ ' from ' ~ moments) }}
    {%- endif -%}
    {%- set features = registered_features() -%}
    {%- if only is not none -%}
        {%- set features = features | selectattr('feature', 'in', only) | list -%}
    {%- endif -%}
    {%- set features_of_sources = [] -%}
    {%- for source, own in features | groupby('source') -%}
        {%- do features_of_sources.append((own | length, source)) -%}
    {%- endfor -%}
    {%- set starts = record_starts() -%}
    {%- set advancing = [] -%}
    {%- for source in sources if batches and feature_keys(source, keys)[0] == 'customer_id' -%}
        {%- if changes_can_be_told(source, features | selectattr('source', 'equalto', source)) -%}
            {%- do advancing.append(source) -%}
        {%- endif -%}
    {%- endfor -%}

{#- Written into each use, so that a filter on the moments reaches the activity, and a feature that nobody
    asks for is not computed. A view forgets that a CTE is not to be materialized. -#}
{%- set keys_of_moments -%}
(select customer_id, as_of_at, known_before{{ ', batch' if batches }} from {{ moments }})
{%- endset -%}
{%- set placed_moments -%}
select
    {{ prefixed(['customer_id', 'as_of_at', 'known_before'] + (['batch'] if batches else []), 'moments') }},
{% if name_regions %}
    moments.region
from {{ moments }} as moments
{% else %}
    customers.region
from {{ keys_of_moments }} as moments
left join {{ customers }} as customers
    on moments.customer_id = customers.customer_id and {{ known_at('customers', 'moments.as_of_at') }}
{% endif %}
{%- endset -%}
{%- set moments_by_region -%}
{% if times %}
{{ moments_of_regions('(select distinct as_of_at, known_before from ' ~ times ~ ')') }}
{% else %}
(select distinct region, as_of_at, known_before from ({{ placed_moments }}) as placed where region is not null)
{% endif %}
{%- endset -%}
with placed_moments as (

    {{ placed_moments | indent(4) }}
    {% if batches %}
    -- a customer's days meet the same rows of each source
    order by moments.customer_id, moments.as_of_at
    {% endif %}

),

{% for source in sources %}
{% set own = features | selectattr('source', 'equalto', source) | list %}
{% if own %}
{% set source_keys = feature_keys(source, keys) %}
from_{{ source }} as (

    {% if source in advancing %}
    {{ features_of_source(
        source, own, changing_moments(source, own, batches), source_keys + ['until_at'], earliest
    ) | indent(4) }}
    {% else %}
    {{ features_of_source(
        source, own, moments_by_region if source_keys[0] == 'region' else keys_of_moments,
        source_keys, earliest
    ) | indent(4) }}
    {% endif %}

),

{% endif %}
{% endfor %}
features as (

    select
        {{ prefixed(shown_keys, 'moments') }}
        {%- for feature in features %}
        {%- set value = 'from_' ~ feature.source ~ '.' ~ feature.feature %}
        ,
        {{ shown_feature(feature, value, 'moments.as_of_at', starts) }} as {{ feature.feature }}
        {%- endfor %}
    from placed_moments as moments
    {#- Sources of many features come last: a join carries on all that those before it have brought. #}
    {% for number, source in features_of_sources | sort %}
    left join from_{{ source }}
        on
            {% for key in feature_keys(source, keys) if key != 'as_of_at' or source not in advancing %}
            {{ 'and ' if not loop.first }}moments.{{ key }} = from_{{ source }}.{{ key }}
            {% endfor %}
            {% if source in advancing %}
            and moments.as_of_at >= from_{{ source }}.as_of_at
            and moments.as_of_at < from_{{ source }}.until_at
            {% endif %}
    {% endfor %}

)

select * from features
{% endmacro %}


{#- What a source's features count at moments: a SELECT of the keys and one column per feature. Customers of whom
    nothing is counted have no row.

    moments   relation of the keys and known_before
    keys      columns of it that rows are told apart by, customer_id or region first; as_of_at among them
    earliest  day that no moment lies before, as a literal -#}
{% macro features_of_source(source, features, moments, keys, earliest) -%}
    {%- set days = widest_window(features) -%}
select
    {{ prefixed(keys, 'moments') }}
    {%- for feature in features %},
    {{ feature_value(feature) }} as {{ feature.feature }}
    {%- endfor %}
from {{ moments }} as moments
inner join {{ activity_relations()[source] }} as activity
    on
        moments.{{ keys[0] }} = activity.{{ keys[0] }}
        and activity.occurred_at < moments.as_of_at
        and activity.known_from < moments.as_of_at
        and coalesce(activity.known_until, {{ end_of_time() }}) >= moments.as_of_at
        and activity.counts_as_loaded_at < moments.known_before
where
    {{ counted_activity(features) | indent(4) }}
    {% if days %}
    and activity.occurred_at >= {{ earliest }} - interval {{ days }} day
    {% endif %}
group by {{ prefixed(keys, 'moments') }}
{%- endmacro %}


{#- A feature as its column shows it: days since something instead of when it was; 0 for what did not happen in a
    window that has been recorded, null where it has not been.

    value   what its source counts at the moment, null where that has no row
    starts  since when each source has records, as record_starts tells it; none: as if it always had -#}
{% macro shown_feature(feature, value, moment, starts) -%}
    {%- if feature.aggregate == 'days_since' -%}
        {%- set value = seconds_between(value, moment) ~ ' / 86400e0' -%}
    {%- endif -%}
    {%- if feature.missing_rule == 'zero' -%}
        {%- set value = 'coalesce(' ~ value ~ ', 0)' -%}
        {%- if starts is not none -%}
            {%- set value = 'case when ' ~ moment ~ ' >= ' ~ recorded_from(feature, starts) ~ ' then ' ~ value ~ ' end' -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(value) }}
{%- endmacro %}


{#- The moment from which a feature's window lies within what its source has recorded. -#}
{% macro recorded_from(feature, starts) -%}
    {{ return(starts[feature.source] ~ ' + interval ' ~ window_of(feature) ~ ' day') }}
{%- endmacro %}


{#- Since when the company has records of what each activity model shows, as timestamp literals: the first
    event that was delivered in time, or with the first load. A row about long ago that comes later says
    nothing of what else was recorded then. Such an event is among what was loaded in the first days. -#}
{% macro record_starts() %}
    {% set tables = {
        'int_contact_activity': 'contacts', 'int_bill_activity': 'bills', 'int_bill_shock_activity': 'bills',
        'int_payment_activity': 'payments', 'int_interruption_activity': 'interruptions',
        'int_neighbour_activity': 'interruptions', 'int_digital_activity': 'engagement_events',
        'int_profile_activity': 'customers', 'int_answer_activity': 'survey_responses',
        'int_signal_activity': 'customer_signals'
    } %}
    {% set starts = {} %}
    {% set days = {} %}
    {% for table in tables.values() | unique %}
        {% set base = base_model_of(table) %}
        {% set event_at = event_time(table) %}
        {% set late = ' + interval ' ~ var('late_arrival_days') ~ ' day' %}
        {% set first = run_query('select min(loaded_at) from ' ~ base).rows[0][0] %}
        {% set day = run_query(
            'select cast(min(' ~ event_at ~ ') as date) from ' ~ base ~ " where rejection_rule is null and loaded_at <= timestamp '"
            ~ first ~ "' + interval 1 day" ~ late ~ ' and is_first_version and (loaded_at <= ' ~ event_at ~ late
            ~ " or loaded_at <= timestamp '" ~ first ~ "' + interval 1 day)"
        ).rows[0][0] if first %}
        {% do days.update({table: day or '9999-12-31'}) %}
    {% endfor %}
    {% for model, table in tables.items() %}
        {% do starts.update({model: "timestamp '" ~ days[table] ~ "'"}) %}
    {% endfor %}
    {{ return(starts) }}
{% endmacro %}


{#- What a source's features are computed by: all customers of a region share what happens there. -#}
{% macro feature_keys(source, keys) %}
    {% if source == 'int_neighbour_activity' %}
        {{ return(['region'] + keys[1:] | reject('equalto', 'batch') | list) }}
    {% endif %}
    {{ return(keys) }}
{% endmacro %}


{#- Condition of a source's rows that any of its features counts: by window, what lies in it and is
    measured by one of its features; and, where it can be told from the row alone, before it meets
    a moment, that one of them measures it. Most rows count in none, and need not be joined further. -#}
{% macro counted_activity(features) -%}
    {%- set windows = {} -%}
    {%- for feature in features -%}
        {%- set days = window_of(feature) -%}
        {%- set measured = measured_by(feature) -%}
        {%- do windows.update({days: (windows.get(days, []) + [measured]) | unique | list}) -%}
    {%- endfor -%}
    {%- set conditions = [] -%}
    {%- for days, measured in windows.items() -%}
        {%- set inside = 'activity.occurred_at >= moments.as_of_at - interval ' ~ days ~ ' day' if days else 'true' -%}
        {%- set counted = 'true' if 'true' in measured else '(' ~ measured | join(' or ') ~ ')' -%}
        {%- do conditions.append('(' ~ inside ~ ' and ' ~ counted ~ ')') -%}
    {%- endfor -%}
    ({{ conditions | join('\nor ') }})
    and {{ measured_of_row(features) }}
{%- endmacro %}


{#- Condition of the rows that any of the features may measure, whatever the moment. -#}
{% macro measured_of_row(features) -%}
    {%- set measured = [] -%}
    {%- for feature in features -%}
        {%- set condition = measured_by(feature) -%}
        {%- do measured.append('true' if 'as_of_at' in condition else condition) -%}
    {%- endfor -%}
    {{ return('true' if 'true' in measured else '(' ~ measured | unique | join('\nor ') ~ ')') }}
{%- endmacro %}


{#- Condition of the rows that a feature measures, where they lie in its window. -#}
{% macro measured_by(feature) -%}
    {{ return(
        'true' if not feature.measure
        else '(' ~ feature.measure ~ ')' if feature.aggregate in ['count', 'trend', 'days_since']
        else '(' ~ feature.measure ~ ') is not null'
    ) }}
{%- endmacro %}


{#- Models that features are made from; each has customer_id (or region), event_id, occurred_at,
    known_from, known_until and columns to measure. -#}
{% macro activity_models() %}
    {{ return([
        'int_contact_activity', 'int_bill_activity', 'int_bill_shock_activity', 'int_payment_activity',
        'int_interruption_activity', 'int_neighbour_activity', 'int_digital_activity', 'int_profile_activity',
        'int_answer_activity', 'int_signal_activity'
    ]) }}
{% endmacro %}


{#- Their relations by name; whoever asks depends on all of them. -#}
{% macro activity_relations() %}
    {% set relations = {} %}
    {% for name in activity_models() %}
        {% do relations.update({name: ref(name)}) %}
    {% endfor %}
    {{ return(relations) }}
{% endmacro %}


{#- Rows of the registry, checked: a mistake stops the run with one sentence that names the row. -#}
{% macro registered_features() %}
    {% set features = [] %}
    {% set aggregates = ['count', 'sum', 'max', 'repeats', 'trend', 'days_since', 'latest'] %}
    {% for row in run_query('select * from ' ~ ref('feature_definitions') ~ ' order by feature') %}
        {% set feature = row.dict() %}
        {% set place = 'The feature ' ~ feature['feature'] ~ ' in seeds/feature_definitions.csv has the ' %}
        {% if feature['aggregate'] not in aggregates %}
            {% do exceptions.raise_compiler_error(
                place ~ 'aggregate ' ~ feature['aggregate'] ~ ': use one of ' ~ aggregates | join(', ') ~ '.'
            ) %}
        {% endif %}
        {% if feature['family'] | replace(' ', '_') not in families() %}
            {% do exceptions.raise_compiler_error(
                place ~ 'family ' ~ feature['family'] ~ ': use one of ' ~ families() | join(', ') | replace('_', ' ') ~ '.'
            ) %}
        {% endif %}
        {% if feature['source'] not in activity_models() %}
            {% do exceptions.raise_compiler_error(
                place ~ 'source ' ~ feature['source'] ~ ': use one of ' ~ activity_models() | join(', ') ~ '.'
            ) %}
        {% endif %}
        {% if not feature['measure'] and feature['aggregate'] not in ['count', 'trend', 'days_since'] %}
            {% do exceptions.raise_compiler_error(
                place ~ 'aggregate ' ~ feature['aggregate'] ~ ' and no measure: name a column of '
                ~ feature['source'] ~ '.'
            ) %}
        {% endif %}
        {% if feature['aggregate'] == 'days_since' and feature['missing_rule'] == 'zero' %}
            {% do exceptions.raise_compiler_error(
                place ~ 'aggregate days_since and the missing_rule zero: make it missing, since what never was is '
                ~ 'not 0 days ago.'
            ) %}
        {% endif %}
        {% if feature['window_days'] is not none and feature['window_days'] < 1 %}
            {% do exceptions.raise_compiler_error(
                place ~ 'window_days ' ~ feature['window_days'] ~ ': give 1 or more, or leave it empty for all time.'
            ) %}
        {% endif %}
        {% if not feature['window_days'] and feature['aggregate'] in ['sum', 'repeats', 'trend'] %}
            {% do exceptions.raise_compiler_error(
                place ~ 'aggregate ' ~ feature['aggregate'] ~ ' and no window: fill window_days.'
            ) %}
        {% endif %}
        {% do features.append(feature) %}
    {% endfor %}
    {{ return(features) }}
{% endmacro %}


{#- Days that a source has to be read back for its features; none where one of them has no window. -#}
{% macro widest_window(features) %}
    {% set days = [] %}
    {% for feature in features %}
        {% if not feature.window_days %}
            {{ return(none) }}
        {% endif %}
        {% do days.append(window_of(feature)) %}
    {% endfor %}
    {{ return(days | max) }}
{% endmacro %}


{#- Days that a feature reads back: a trend is this window against the one before it. -#}
{% macro window_of(feature) %}
    {{ return((feature.window_days or 0) * (2 if feature.aggregate == 'trend' else 1)) }}
{% endmacro %}


{#- SQL of one feature over the activity joined to a moment. -#}
{% macro feature_value(feature) %}
    {%- set measure = feature.measure or 'true' -%}
    {%- set age = 'activity.occurred_at >= moments.as_of_at - interval ' -%}
    {%- set inside = age ~ feature.window_days ~ ' day' if feature.window_days else 'true' -%}
    {%- if feature.aggregate == 'count' -%}
        count(*) filter (where {{ inside }} and ({{ measure }}))
    {%- elif feature.aggregate == 'sum' -%}
        {#- In millionths, so that the sum does not depend on the order of rows. #}
        cast(sum(cast(round(({{ measure }}) * 1e6) as bigint)) filter (where {{ inside }}) as double) / 1e6
    {%- elif feature.aggregate == 'max' -%}
        max({{ measure }}) filter (where {{ inside }})
    {%- elif feature.aggregate == 'repeats' -%}
        count({{ measure }}) filter (where {{ inside }})
        - count(distinct {{ measure }}) filter (where {{ inside }})
    {%- elif feature.aggregate == 'trend' -%}
        count(*) filter (where {{ inside }} and ({{ measure }}))
        - count(*) filter (
            where not ({{ inside }}) and {{ age }}{{ 2 * feature.window_days }} day and ({{ measure }})
        )
    {%- elif feature.aggregate == 'days_since' -%}
        {#- Since when; how long ago that is changes from moment to moment. #}
        max(activity.occurred_at) filter (where {{ inside }} and ({{ measure }}))
    {%- elif feature.aggregate == 'latest' -%}
        {{ latest_by(measure, 'activity.event_order') }}
        filter (where {{ inside }} and ({{ measure }}) is not null)
    {%- endif -%}
{% endmacro %}
