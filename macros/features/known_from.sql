{#- From when a version of a row counts as known: its `loaded_at`. The first delivery of an event counts
    from the event on when it is at most `late_arrival_days` late, since the days in between are then
    scored again; a later version never reaches back.

    event_time  column of when it happened
    relation    the relation of the versions, where the query names several -#}
{% macro known_from(event_time, relation=none) -%}
    {%- set of = relation ~ '.' if relation else '' -%}
    case
        when
            {{ of }}is_first_version
            and {{ of }}loaded_at <= {{ of }}{{ event_time }} + interval {{ var('late_arrival_days') }} day
            then {{ of }}{{ event_time }}
        else {{ of }}loaded_at
    end
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
