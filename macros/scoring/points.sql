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


{#- The band of a score, from the seed csat_bands.

    score  SQL of the score, 0 to 100
    level  customer (a probability) or aggregate (a share) -#}
{% macro csat_band(score, level) -%}
    {%- set seed = ref('csat_bands') -%}
    {%- set bands = run_query(
        "select band, from_score from " ~ seed ~ " where level = '" ~ level ~ "' order by from_score desc"
    ).rows if execute and load_relation(seed) is not none else [] -%}
    {%- if not bands -%}
        {{ return('cast(null as varchar)') }}
    {%- endif -%}
    case
        {%- for band in bands %}
        when {{ score }} >= {{ band['from_score'] }} then '{{ band['band'] }}'
        {%- endfor %}
    end
{%- endmacro %}


{#- End of the Wilson interval of a share in percent, at 95 %; null without answers.

    share, answers  SQL of the share (0 to 1) and of the number of answers
    side            -1 for the lower end, 1 for the upper -#}
{% macro wilson(share, answers, side) -%}
    {%- set z = '1.959963984540054e0' -%}
    case when {{ answers }} > 0 then
        100e0 * (
            {{ share }} + {{ z }} * {{ z }} / (2e0 * {{ answers }})
            + {{ side }}e0 * {{ z }} * sqrt(
                {{ share }} * (1e0 - {{ share }}) / {{ answers }} + {{ z }} * {{ z }} / (4e0 * {{ answers }} * {{ answers }})
            )
        ) / (1e0 + {{ z }} * {{ z }} / {{ answers }})
    end
{%- endmacro %}
