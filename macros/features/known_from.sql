{#- From when a version of a row counts as known: its `loaded_at`. The first delivery of an event counts
    from the event on when it is at most `late_arrival_days` late, since the days in between are then
    scored again, or when it came with the first load; a later version never reaches back.

    event_time  column of when it happened
    relation    the relation of the versions, where the query names several -#}
{% macro known_from(event_time, relation=none) -%}
    {%- set of = relation ~ '.' if relation else '' -%}
    case
        when
            {{ of }}is_from_first_load
            or (
                {{ of }}is_first_version
                and {{ of }}loaded_at <= {{ of }}{{ event_time }} + interval {{ var('late_arrival_days') }} day
            )
            then {{ of }}{{ event_time }}
        else {{ of }}loaded_at
    end
{%- endmacro %}


{#- When a version counts as loaded. A company that begins hands in its past in one go: what came with the
    first load counts as if it had come when it happened, since otherwise there would be no past.

    event_time  column of when it happened; null for master data without one, which then count from ever
    relation    the relation of the versions, where the query names several -#}
{% macro counts_as_loaded(event_time, relation=none) -%}
    {%- set of = relation ~ '.' if relation else '' -%}
    case
        when {{ of }}is_from_first_load
            then least({{ of }}loaded_at, coalesce({{ of }}{{ event_time }}, timestamp '0001-01-01'))
        else {{ of }}loaded_at
    end
{%- endmacro %}


{#- Whether a row of a base model came with the first load of its table: within a day of the first of all.

    base_model  the relation that all rows of the table are in -#}
{% macro is_from_first_load(base_model) -%}
    {%- set first = run_query('select min(loaded_at) from ' ~ base_model).rows[0][0]
        if execute and load_relation(base_model) is not none -%}
    is_first_version
    and loaded_at <= timestamp '{{ first or '0001-01-01' }}' + interval 1 day
{%- endmacro %}


{#- Whether a version of master data is the one known at a moment; the first one counts from ever.
    Plain comparisons, one side each, so that the engine can join by them. -#}
{% macro known_at(relation, moment) -%}
    case when {{ relation }}.is_first_version then timestamp '0001-01-01' else {{ relation }}.loaded_at end
    <= {{ moment }}
    and coalesce({{ relation }}.superseded_at, {{ end_of_time() }}) > {{ moment }}
{%- endmacro %}


{#- Later than anything. -#}
{% macro end_of_time() -%}
    timestamp '9999-12-31'
{%- endmacro %}
