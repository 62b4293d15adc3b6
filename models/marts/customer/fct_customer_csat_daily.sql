{%- set spans = {1: '1_day', 7: '7_days', 28: '28_days'} -%}

with

scores as (

    select * from {{ ref('int_customer_csat_scores') }}

),

{% for days, name in spans.items() %}
-- By the list of days, so that a filter on score_date is one on the days before, too. Without it a reading of
-- one day would look for those before it in all of them.
before_{{ name }} as (

    select
        earlier.customer_id,
        {{ add_days('days.score_date', days) }} as score_date,
        earlier.model_version,
        earlier.csat_score
    from {{ ref('int_base_scores') }} as days
    inner join {{ ref('int_customer_csat_scores') }} as earlier on days.score_date = earlier.score_date

),

{% endfor %}
daily as (

    select
        scores.customer_id,
        scores.score_date,

        scores.model_version,
        {{ csat_band('scores.csat_score', 'customer') }} as csat_band,

        scores.csat_score,
        scores.csat_score_lower,
        scores.csat_score_upper,
        {% for name in spans.values() %}
        scores.csat_score - before_{{ name }}.csat_score as change_{{ name }},
        {% endfor %}
        {% for family in families() %}
        scores.points_{{ family }},
        {% endfor %}
        scores.base_score,

        {% for name in spans.values() %}
        scores.model_version <> before_{{ name }}.model_version as has_new_model_{{ name }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from scores
    {% for name in spans.values() %}
    left join before_{{ name }}
        on
            scores.customer_id = before_{{ name }}.customer_id
            and scores.score_date = before_{{ name }}.score_date
    {% endfor %}

)

select * from daily
