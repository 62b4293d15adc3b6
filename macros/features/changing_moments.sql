{#- Midnights of batches at which something changes in what a customer's features count of a source: those after
    an event comes into them, becomes known or stops being so, leaves a window, or is otherwise measured; and
    the first of a batch. A SELECT of customer_id, batch, known_before, as_of_at and until_at: until the midnight
    before that, all features stay what they are at as_of_at.

    source    an activity model
    features  those of its features that are counted
    batches   relation of batch, first_moment, last_moment and known_before -#}
{% macro changing_moments(source, features, batches) -%}
    {%- set watched = source_of_changes(source) -%}
    {%- set exits = {} -%}
    {%- set changes = ['greatest(activity.occurred_at, activity.known_from)', 'activity.known_until'] -%}
    {%- set columns = [] -%}
    {%- for feature in features -%}
        {%- set measured = measured_by(feature) -%}
        {%- do columns.extend(columns_compared_with_moments(feature.measure)) -%}
        {%- if 'as_of_at' in measured or watched != source -%}
            {%- set measured = 'true' -%}
        {%- endif -%}
        {%- set days = feature.window_days -%}
        {%- if days -%}
            {%- for bound in [days] + ([2 * days] if feature.aggregate == 'trend' else []) -%}
                {%- do exits.update({bound: (exits.get(bound, []) + [measured]) | unique | list}) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for days, measured in exits.items() -%}
        {%- set leaves = 'activity.occurred_at + interval ' ~ days ~ ' day' -%}
        {%- do changes.append(
            leaves if 'true' in measured else 'case when ' ~ measured | join(' or ') ~ ' then ' ~ leaves ~ ' end'
        ) -%}
    {%- endfor -%}
    {%- for column in columns | unique -%}
        {%- do changes.append('activity.' ~ column) -%}
    {%- endfor -%}
    {%- set days = widest_window(features) -%}
(
    select
        customer_id,
        batch,
        known_before,
        as_of_at,
        lead(as_of_at, 1, {{ end_of_time() }}) over (
            partition by customer_id, batch order by as_of_at
        ) as until_at
    from (
        select distinct
            customer_id,
            batch,
            known_before,
            greatest(first_moment, cast({{ add_days('cast(changed_at as date)', 1) }} as timestamp)) as as_of_at
        from (
            select
                activity.customer_id,
                batches.batch,
                batches.known_before,
                batches.first_moment,
                batches.last_moment,
                {{ row_of_each(changes) }} as changed_at
            from {{ batches }} as batches
            inner join {{ activity_relations()[watched] }} as activity
                on
                    activity.occurred_at < batches.last_moment
                    and activity.known_from < batches.last_moment
                    and coalesce(activity.known_until, {{ end_of_time() }}) >= batches.first_moment
                    and activity.counts_as_loaded_at < batches.known_before
                    {% if days %}
                    and activity.occurred_at >= batches.first_moment - interval {{ days }} day
                    {% endif %}
            where {{ measured_of_row(features) if watched == source else 'true' }}
        ) as events
        where changed_at < last_moment
    ) as changing
)
{%- endmacro %}


{#- Columns that a measure compares with the moment, as `column < as_of_at` alone between words and brackets: where
    one of them lies between two moments, what is measured may differ between these. -#}
{% macro columns_compared_with_moments(measure) %}
    {% set before = '(?:^|[(]|\\b(?:and|or|not|when) )' %}
    {% set after = '(?=$|[)]| (?:and|or|then)\\b)' %}
    {{ return(modules.re.findall(before ~ '(\\w+) (?:<|<=|>|>=) as_of_at' ~ after, measure or '')) }}
{% endmacro %}


{#- The model whose rows tell of each change in what a source's features measure: the source itself, or one that is
    quicker to read and has a row for each of its own. -#}
{% macro source_of_changes(source) %}
    {{ return({'int_bill_shock_activity': 'int_bill_activity'}.get(source, source)) }}
{% endmacro %}


{#- Whether all measures that depend on the moment do so by comparing columns with it, so that it can be told
    when they change. -#}
{% macro changes_can_be_told(source, features) %}
    {% for feature in features %}
        {% set measure = feature.measure or '' %}
        {% set compared = columns_compared_with_moments(measure) if source_of_changes(source) == source else [] %}
        {% if compared | length != measure.count('as_of_at') %}
            {{ return(false) }}
        {% endif %}
    {% endfor %}
    {{ return(true) }}
{% endmacro %}
