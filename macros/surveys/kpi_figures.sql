{#- The figures of CSAT, NPS and CES from counts, in two steps, because the second needs the columns of the first. -#}


{#- First step, columns for a SELECT: the shares of favourable and unfavourable answers in percent, with their
    Wilson intervals, and their correlation. From the columns favourable, unfavourable and answers. -#}
{% macro answer_percents() -%}
    {%- for kind in ['favourable', 'unfavourable'] -%}
    {%- set share = '(1e0 * ' ~ kind ~ ' / nullif(answers, 0))' %}
        100e0 * {{ share }} as {{ kind }}_percent,
        {{ wilson(share, 'answers', -1) }} as {{ kind }}_percent_lower,
        {{ wilson(share, 'answers', 1) }} as {{ kind }}_percent_upper,
    {%- endfor %}
        {{ correlation_of_shares('favourable', 'unfavourable', 'answers') }} as correlation
{%- endmacro %}


{#- Second step: the figure, in points; null without answers. NPS is promoters less detractors, -100 to 100; CSAT
    and CES are the share of favourable answers.

    metric  SQL of csat, nps or ces
    side    -1 for the lower end of the interval, 1 for the upper, 0 for the figure itself -#}
{% macro kpi_figure(metric, side=0) -%}
    {%- set ends = {-1: '_lower', 0: '', 1: '_upper'} -%}
    case
        when {{ metric }} <> 'nps' then favourable_percent{{ ends[side] }}
        {%- if side == 0 %}
        else favourable_percent - unfavourable_percent
        {%- else %}
        else {{ difference_interval('favourable_percent', 'unfavourable_percent', side, 'correlation') }}
        {%- endif %}
    end
{%- endmacro %}
