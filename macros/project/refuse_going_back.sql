{#- Stops a run that would show an earlier day, or less knowledge, in a build file that already holds a
    later one: it would mix the two into one history. -#}
{% macro refuse_going_back(completed) %}
    {%- set before = run_query(
        'select max(score_date) as score_date, max(known_before) as known_before from ' ~ completed
    ).rows[0] -%}
    {%- set now = run_query('select as_of_date, known_before from ' ~ ref('int_as_of_date')).rows[0] -%}
    {%- if before['score_date'] is not none and (
        now['as_of_date'] < before['score_date'] or now['known_before'] < before['known_before']
    ) and (var('as_of_date') or var('known_at')) -%}
        {%- do exceptions.raise_compiler_error(
            'This build file holds scores up to ' ~ before['score_date'] ~ ', and the run asks for '
            ~ now['as_of_date'] ~ (' as known on ' ~ var('known_at') if var('known_at') else '')
            ~ ': replay into a file of its own by CSAT_BUILD_FILE=/path/to/replay.duckdb, '
            ~ 'or leave as_of_date and known_at empty.'
        ) -%}
    {%- endif -%}
{% endmacro %}
