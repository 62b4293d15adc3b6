with

changes as (

    select
        customer_id,
        score_date,

        span_days,
        csat_score,
        change,
        {% for family in families() %}
        change_{{ family }},
        {% endfor %}
        change_new_version
    from {{ ref('int_customer_csat_changes') }}

)

select * from changes
