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


{#- Whether a check of each program has failed, and the most points that one could feign: a SELECT of program_id,
    has_failed and could_feign_points. -#}
{% macro failed_programs(checks) -%}
    select
        program_id,
        bool_or(status = 'fail') as has_failed,
        max(could_feign_points) as could_feign_points
    from {{ checks }}
    group by program_id
{%- endmacro %}


{#- Whether more is said of groups than all of them together bear: by the rule of Benjamini and Hochberg, with a bound
    below the two-sided p-value (Mills' ratio), so that rounding cannot make it true.

    distance  SQL of the standard errors that the nearest of those said is away from what they are not
    said      SQL of how many they are
    told      SQL of how many there are -#}
{% macro more_than_all_bear(distance, said, told) -%}
    {{ distance }} > 1
    and 2 * exp(-{{ distance }} * {{ distance }} / 2) / sqrt(2 * pi())
    * {{ distance }} / (1 + {{ distance }} * {{ distance }})
    > 0.05 * {{ said }} / {{ told }}
{%- endmacro %}
