{#- What checks and the interval of an effect bear by itself.

    impact  alias of a relation of effect_points with its ends
    failed  SQL of whether a check has failed -#}
{% macro verdict_of_interval(impact, failed) -%}
    case
        when {{ impact }}.effect_points is null or {{ failed }} then 'cannot be told'
        when {{ impact }}.effect_points_lower > 0 then 'raises'
        when {{ impact }}.effect_points_upper < 0 then 'harms'
        when
            greatest(-{{ impact }}.effect_points_lower, {{ impact }}.effect_points_upper)
            <= {{ var('smallest_effect_that_matters') }}
            then 'no effect shown'
        else 'cannot be told'
    end
{%- endmacro %}


{#- Whether a check of each program has failed: a SELECT of program_id and has_failed. -#}
{% macro failed_programs(checks) -%}
    select
        program_id,
        bool_or(status = 'fail') as has_failed
    from {{ checks }}
    group by program_id
{%- endmacro %}
