{%- set spans = {1: '1_day', 7: '7_days', 28: '28_days'} -%}

with

history as (

    select * from {{ ref('int_customer_csat_history') }}

),

base_scores as (

    select * from {{ ref('int_base_scores') }}

),

daily as (

    select
        history.customer_id,
        history.score_date,

        history.model_version,
        {{ csat_band('history.csat_score', 'customer') }} as csat_band,

        history.csat_score,
        history.csat_score_lower,
        history.csat_score_upper,
        {% for days, name in spans.items() %}
        history.csat_score - before_{{ days }}.csat_score as change_{{ name }},
        {% endfor %}
        {% for family in families() %}
        history.points_{{ family }},
        {% endfor %}
        100e0 * base_scores.base_probability as base_score,

        {% for days, name in spans.items() %}
        history.model_version <> before_{{ days }}.model_version as has_new_model_{{ name }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from history
    inner join base_scores on history.score_date = base_scores.score_date
    {% for days in spans %}
    left join history as before_{{ days }}
        on
            history.customer_id = before_{{ days }}.customer_id
            and {{ add_days('history.score_date', -days) }} = before_{{ days }}.score_date
    {% endfor %}

)

select * from daily
