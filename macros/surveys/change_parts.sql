{#- The change of a total that is a mean over values of a dimension, split without leftover. With s the share of a
    value among all answers, p its figure, P the figure of all, Δ the change and a bar the mean of before and now,

        ΔP = Σ mean(s) Δp + Σ Δs (mean(p) - mean(P))

    The first sum is what happened within the values, the second what their mix did: more answers of values below
    the total lower it. Weights of before and now alike make the split the same in both directions of time. A value
    that appears or vanishes has one figure, which stands for both: all of its part is mix. -#}


{#- Part of a value within itself; 0 for one that appears or vanishes.

    share, share_before    SQL of the value's share of the answers, 0 to 1
    change                 SQL of the change of its figure, null where one of the two is missing -#}
{% macro within_part(share, share_before, change) -%}
    {{ return(
        'coalesce((' ~ share ~ ' + ' ~ share_before ~ ') / 2e0 * ' ~ change ~ ', 0e0)'
    ) }}
{%- endmacro %}


{#- Part of a value by its share of the answers; 0 is added so that none is written as -0.

    share, share_before    SQL of the value's share of the answers, 0 to 1
    figure, figure_before  SQL of its figure; null where there are no answers
    total, total_before    SQL of the figure of all -#}
{% macro mix_part(share, share_before, figure, figure_before, total, total_before) -%}
    {{ return(
        '0e0 + (' ~ share ~ ' - ' ~ share_before ~ ') * ('
        ~ '(coalesce(' ~ figure ~ ', ' ~ figure_before ~ ') + coalesce(' ~ figure_before ~ ', ' ~ figure ~ ')) / 2e0'
        ~ ' - (' ~ total ~ ' + ' ~ total_before ~ ') / 2e0)'
    ) }}
{%- endmacro %}
