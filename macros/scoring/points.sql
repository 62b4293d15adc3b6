{#- Contributions in points by the secant rule: with p* the mean probability of the base, η* its logit and
    η a customer's logit, 100 (p - p*) = slope × (η - η*) for every customer. Written by hyperbolic
    functions, because the quotient of differences loses its digits where the two are nearly equal:
    σ(x) - σ(y) = sinh((x - y) / 2) / (2 cosh(x / 2) cosh(y / 2)).

    logit, base_logit  SQL of η and η*; points per unit of logit, above 0 -#}
{% macro secant_slope(logit, base_logit) -%}
    (case
        when {{ logit }} = {{ base_logit }} then 25e0
        else 50e0 * sinh(({{ logit }} - {{ base_logit }}) / 2e0) / ({{ logit }} - {{ base_logit }})
    end / (cosh({{ logit }} / 2e0) * cosh({{ base_logit }} / 2e0)))
{%- endmacro %}


{#- Families of features, as in the names of columns. -#}
{% macro families() %}
    {{ return([
        'contact', 'billing', 'interruption', 'engagement', 'profile', 'survey_history', 'signal'
    ]) }}
{% endmacro %}
