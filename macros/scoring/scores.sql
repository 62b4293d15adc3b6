{#- What a row of int_customer_csat_history says, with its day in int_base_scores. The history keeps what cannot
    be computed: contributions of families and the half width of the interval, as decimals. -#}


{#- The type of what the history keeps, in logits: as many decimals as contributions of the model have. -#}
{% macro logit_type() -%}
    {{ return('decimal(9, 6)') }}
{%- endmacro %}


{#- The logit of a kept score: intercept + contributions of the families, added up as decimals, so that it is the
    very logit that was scored, to the last bit.

    history, base  aliases of int_customer_csat_history and of its day in int_base_scores -#}
{% macro kept_logit(history, base) -%}
    cast(
        cast({{ base }}.intercept as {{ logit_type() }})
        {%- for family in families() %}
        + {{ history }}.contribution_{{ family }}
        {%- endfor %} as double
    )
{%- endmacro %}


{#- The score of a logit: 100 times the probability.

    logit  SQL of the logit -#}
{% macro csat_score(logit) -%}
    (100e0 / (1e0 + exp(-({{ logit }}))))
{%- endmacro %}


{#- Stops a run on a build file whose history is of another form, before anything of it is changed. -#}
{% macro refuse_history_of_another_form(history) %}
    {%- if execute and is_incremental() -%}
        {%- set found = adapter.get_columns_in_relation(history) | map(attribute='name') | list -%}
        {%- if 'interval_half_width' not in found -%}
            {%- do exceptions.raise_compiler_error(
                'This build file keeps its scores in ' ~ history ~ ' as an earlier version of the project did: run once '
                ~ 'with --full-refresh, which scores the last ' ~ var('backfill_days') ~ ' days anew, or name another '
                ~ 'build file by CSAT_BUILD_FILE.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
