{#- Intervals at 95 %. All are null where there is nothing to tell from. -#}


{#- The quantile of the normal distribution that leaves 2.5 % above it. -#}
{% macro normal_quantile() -%}
    {{ return('1.959963984540054e0') }}
{%- endmacro %}


{#- The quantile of the normal distribution that leaves a given share above it, to 0.0005 (Abramowitz and Stegun
    1964, 26.2.23).

    tail  SQL of the share, above 0 and at most a half -#}
{% macro normal_quantile_above(tail) -%}
    {%- set t = 'sqrt(-2e0 * ln(' ~ tail ~ '))' -%}
    ({{ t }} - (2.515517e0 + 0.802853e0 * {{ t }} + 0.010328e0 * {{ t }} * {{ t }}) / (
        1e0 + 1.432788e0 * {{ t }} + 0.189269e0 * {{ t }} * {{ t }} + 0.001308e0 * {{ t }} * {{ t }} * {{ t }}
    ))
{%- endmacro %}


{#- The quantile of Student's t that leaves 2.5 % above it: exact for 1 and 2 degrees of freedom, from 3 on by
    the expansion of Cornish and Fisher in 1 / degrees (Abramowitz and Stegun 1964, 26.7.5), 0.12 % too small for 3
    and 0.04 % for 4.

    degrees  SQL of the degrees of freedom, a whole number from 1 -#}
{% macro student_quantile(degrees) -%}
    {%- set z = 1.959963984540054 -%}
    {%- set terms = [
        (z ** 3 + z) / 4,
        (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
        (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
        (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160
    ] -%}
    (case
        when {{ degrees }} = 1 then 12.706204736174694e0
        when {{ degrees }} = 2 then 4.302652729749462e0
        when {{ degrees }} > 2 then
            {{ z }}e0
            {%- for term in terms %}
            + {{ term }}e0 / pow({{ degrees }}, {{ loop.index }})
            {%- endfor %}
    end)
{%- endmacro %}


{#- End of the Wilson interval of a share, in percent. Rounding would put the ends of a share
    of 0 or 1 just inside of it, or beyond the scale.

    share, answers  SQL of the share (0 to 1) and of the number of answers
    side            -1 for the lower end, 1 for the upper -#}
{% macro wilson(share, answers, side) -%}
    {%- set z = normal_quantile() -%}
    case when {{ answers }} > 0 then
        {{ 'greatest(0e0, least(' if side < 0 else 'least(100e0, greatest(' }}100e0 * {{ share }}, 100e0 * (
            {{ share }} + {{ z }} * {{ z }} / (2e0 * {{ answers }})
            + {{ side }}e0 * {{ z }} * sqrt(
                {{ share }} * (1e0 - {{ share }}) / {{ answers }} + {{ z }} * {{ z }} / (4e0 * {{ answers }} * {{ answers }})
            )
        ) / (1e0 + {{ z }} * {{ z }} / {{ answers }})))
    end
{%- endmacro %}


{#- End of the interval of a difference, from the intervals of its two figures: with r the correlation of the
    two, the lower end is

        (a - b) - sqrt((a - a_lower)² + (b_upper - b)² - 2 r (a - a_lower) (b_upper - b))

    (Newcombe 1998; Zou and Donner 2008: the method of variance estimates recovery). Each figure brings the
    variance that it would have near that end, so that the interval is skewed where theirs are.

    first, second  SQL of the figures; their intervals are SQL of the same name with _lower and _upper
    side           -1 for the lower end, 1 for the upper
    correlation    SQL of the correlation of the two figures; none for independent ones -#}
{% macro difference_interval(first, second, side, correlation=none) -%}
    {%- if side < 0 -%}
        {%- set reach = ['(' ~ first ~ ' - ' ~ first ~ '_lower)', '(' ~ second ~ '_upper - ' ~ second ~ ')'] -%}
    {%- else -%}
        {%- set reach = ['(' ~ first ~ '_upper - ' ~ first ~ ')', '(' ~ second ~ ' - ' ~ second ~ '_lower)'] -%}
    {%- endif -%}
    ({{ first }} - {{ second }} + {{ side }}e0 * sqrt(greatest(
        0e0,
        {{ reach[0] }} * {{ reach[0] }} + {{ reach[1] }} * {{ reach[1] }}
        {%- if correlation %} - 2e0 * {{ correlation }} * {{ reach[0] }} * {{ reach[1] }}{% endif %}
    )))
{%- endmacro %}


{#- Correlation of the shares of two kinds of answers among the same answers, as multinomial sampling makes it:
    - sqrt(p q / ((1 - p) (1 - q))). Where every answer is of one of the two it is -1, of which the quotient has
    nothing to say when all are of one.

    first, second, answers  SQL of the two counts and of the number of answers -#}
{% macro correlation_of_shares(first, second, answers) -%}
    (case
        when {{ first }} + {{ second }} = {{ answers }} then -1e0
        else -sqrt(
            1e0 * {{ first }} * {{ second }} / nullif(1e0 * ({{ answers }} - {{ first }}) * ({{ answers }} - {{ second }}), 0)
        )
    end)
{%- endmacro %}


{#- End of the interval of a mean of values from 0 to 100, by Student's t, within these bounds. Where values do
    not differ, or there is only one, t has no width; then the widest interval that answers between the bounds can
    need stands in: that of Wilson for the mean as a share of 100.

    mean, variance, answers  SQL of the mean, of the sample variance and of the number of answers
    side                     -1 for the lower end, 1 for the upper -#}
{% macro mean_interval(mean, variance, answers, side) -%}
    case
        when {{ answers }} > 1 and {{ variance }} > 0 then
            least(100e0, greatest(
                0e0, {{ mean }} + {{ side }}e0 * {{ student_quantile('(' ~ answers ~ ' - 1)') }} * sqrt({{ variance }} / {{ answers }})
            ))
        else {{ wilson('(' ~ mean ~ ' / 100e0)', answers, side) }}
    end
{%- endmacro %}
