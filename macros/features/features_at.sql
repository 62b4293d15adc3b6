{#- Every registered feature of customers at moments: a SELECT of customer_id, as_of_at and one column
    per row of the registry. Training and scoring both read it, so that a feature means the same in
    both.

    Only what had happened and was known before the moment counts: events before it, in the version
    known then. A window of N days is the N × 24 hours before the moment.

    moments   relation of customer_id, as_of_at (exclusive), unique together -#}
{% macro features_at(moments) %}
    {%- set sources = {} -%}
    {%- for name in activity_models() -%}
        {%- do sources.update({name: ref(name)}) -%}
    {%- endfor -%}
    {%- set customers = ref('stg_company__customers_versions') -%}
    {%- set registry = ref('feature_definitions') -%}
    {%- if not execute or load_relation(registry) is none -%}
        {{ return('select customer_id, as_of_at from ' ~ moments) }}
    {%- endif -%}
    {%- set features = registered_features() -%}

with

moments as (

    select * from {{ moments }}

),

placed_moments as (

    select
        moments.customer_id,
        moments.as_of_at,
        customers.region
    from moments
    left join {{ customers }} as customers
        on moments.customer_id = customers.customer_id and {{ known_at('customers', 'moments.as_of_at') }}

),

{% for source, relation in sources.items() %}
{% set own = features | selectattr('source', 'equalto', source) | list %}
{% if own %}
from_{{ source }} as (

    select
        moments.customer_id,
        moments.as_of_at
        {%- for feature in own %},
        {{ feature_value(feature) }} as {{ feature.feature }}
        {%- endfor %}
    from placed_moments as moments
    inner join {{ relation }} as activity
        on
            {% set key = 'region' if source == 'int_neighbour_activity' else 'customer_id' %}
            moments.{{ key }} = activity.{{ key }}
            and activity.occurred_at < moments.as_of_at
            {% set days = widest_window(own) %}
            {% if days %}
            and activity.occurred_at >= moments.as_of_at - interval {{ days }} day
            {% endif %}
            and activity.known_from < moments.as_of_at
            and (activity.known_until is null or activity.known_until >= moments.as_of_at)
    group by moments.customer_id, moments.as_of_at

),

{% endif %}
{% endfor %}
features as (

    select
        moments.customer_id,
        moments.as_of_at
        {%- for feature in features %},
        {% if feature.missing_rule == 'zero' -%}
        coalesce(from_{{ feature.source }}.{{ feature.feature }}, 0) as {{ feature.feature }}
        {%- else -%}
        from_{{ feature.source }}.{{ feature.feature }}
        {%- endif %}
        {%- endfor %}
    from moments
    {% for source in features | map(attribute='source') | unique %}
    left join from_{{ source }}
        on
            moments.customer_id = from_{{ source }}.customer_id
            and moments.as_of_at = from_{{ source }}.as_of_at
    {% endfor %}

)

select * from features
{% endmacro %}


{#- Models that features are made from; each has customer_id (or region), event_id, occurred_at,
    known_from, known_until and columns to measure. -#}
{% macro activity_models() %}
    {{ return([
        'int_contact_activity', 'int_bill_activity', 'int_payment_activity', 'int_interruption_activity',
        'int_neighbour_activity', 'int_digital_activity', 'int_profile_activity', 'int_answer_activity',
        'int_signal_activity'
    ]) }}
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
        {% do days.append(feature.window_days * (2 if feature.aggregate == 'trend' else 1)) %}
    {% endfor %}
    {{ return(days | max) }}
{% endmacro %}


{#- SQL of one feature over the activity joined to a moment. -#}
{% macro feature_value(feature) %}
    {%- set measure = feature.measure or 'true' -%}
    {%- set age = 'activity.occurred_at >= moments.as_of_at - interval ' -%}
    {%- set inside = age ~ feature.window_days ~ ' day' if feature.window_days else 'true' -%}
    {%- if feature.aggregate == 'count' -%}
        count(*) filter (where {{ inside }} and ({{ measure }}))
    {%- elif feature.aggregate == 'sum' -%}
        cast(sum({{ measure }}) filter (where {{ inside }}) as bigint)
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
        {{ seconds_between(
            'max(activity.occurred_at) filter (where ' ~ inside ~ ' and (' ~ measure ~ '))', 'moments.as_of_at'
        ) }} / 86400e0
    {%- elif feature.aggregate == 'latest' -%}
        {{ latest_by(measure, 'activity.occurred_at', 'activity.event_id') }}
        filter (where {{ inside }} and ({{ measure }}) is not null)
    {%- endif -%}
{% endmacro %}
