{#- The band of a score, from the seed csat_bands.

    score  SQL of the score, 0 to 100
    level  customer (a probability) or aggregate (a share) -#}
{% macro csat_band(score, level) -%}
    {%- set bands = company_bands(level) -%}
    {%- if not bands -%}
        {{ return('cast(null as varchar)') }}
    {%- endif -%}
    case
        {%- for band in bands | reverse %}
        when {{ score }} >= {{ band['from_score'] }} then '{{ band['band'] }}'
        {%- endfor %}
    end
{%- endmacro %}


{#- The bands that an interval of a share allows to be claimed: `good` only where all of it is good,
    `at least acceptable` where only its lower end holds it back, `below good` where only its upper end does,
    `weak to acceptable` in between, `cannot be told` where it reaches from the lowest band to the highest.
    Null where there is no interval.

    lower, upper  SQL of the ends of the interval, 0 to 100 -#}
{% macro band_claimed(lower, upper) -%}
    {%- set bands = company_bands('aggregate') -%}
    {%- if not bands -%}
        {{ return('cast(null as varchar)') }}
    {%- endif -%}
    {%- set last = bands | length - 1 -%}
    case
        when {{ lower }} is null or {{ upper }} is null then null
        {%- for of_lower in range(last, -1, -1) %}
        {%- for of_upper in range(last, of_lower - 1, -1) %}
        when
            {{ lower }} >= {{ bands[of_lower]['from_score'] }}
            and {{ upper }} >= {{ bands[of_upper]['from_score'] }}
            then '{{ claim_of(bands, of_lower, of_upper) }}'
        {%- endfor %}
        {%- endfor %}
    end
{%- endmacro %}


{#- What can be said of a figure between two bands, given by their places in the order of bands. -#}
{% macro claim_of(bands, of_lower, of_upper) -%}
    {%- set last = bands | length - 1 -%}
    {%- if of_lower == of_upper -%}
        {{ return(bands[of_lower]['band']) }}
    {%- elif of_lower == 0 and of_upper == last -%}
        {{ return('cannot be told') }}
    {%- elif of_upper == last -%}
        {{ return('at least ' ~ bands[of_lower]['band']) }}
    {%- elif of_lower == 0 -%}
        {{ return('below ' ~ bands[of_upper + 1]['band']) }}
    {%- endif -%}
    {{ return(bands[of_lower]['band'] ~ ' to ' ~ bands[of_upper]['band']) }}
{%- endmacro %}


{#- Bands of a level for the company's industry, the lowest first; those of `default` where the industry has
    none of its own on this level. None before the seed is loaded, and in unit tests. -#}
{% macro company_bands(level) -%}
    {%- set seed = ref('csat_bands') -%}
    {%- if not execute or not seed.schema or load_relation(seed) is none -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set industry = company_industry(seed) -%}
    {{ return(run_query(
        "select band, from_score from " ~ seed ~ " where level = '" ~ level ~ "' and industry = ("
        ~ "select case when count(*) > 0 then '" ~ industry ~ "' else 'default' end from " ~ seed
        ~ " where level = '" ~ level ~ "' and industry = '" ~ industry ~ "') order by from_score"
    ).rows) }}
{%- endmacro %}


{#- The var company_industry, once a seed is known to list it. -#}
{% macro company_industry(seed) -%}
    {%- set industries = run_query(
        'select distinct industry from ' ~ seed ~ ' order by industry'
    ).columns[0].values() -%}
    {%- if var('company_industry') not in industries -%}
        {%- do exceptions.raise_compiler_error(
            "The var company_industry is '" ~ var('company_industry') ~ "': use one of "
            ~ industries | join(', ') ~ ", or add its bands to seeds/" ~ seed.identifier ~ ".csv."
        ) -%}
    {%- endif -%}
    {{ return(var('company_industry')) }}
{%- endmacro %}
