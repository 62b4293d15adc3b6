{{ refuse_history_of_another_form(this) }}

with

scores as (

    select * from {{ ref('customer_scores') }}

),

history as (

    select
        customer_id,
        score_date,

        model_version,

        {% for family in families() %}
        cast(contribution_{{ family }} as {{ logit_type() }}) as contribution_{{ family }},
        {% endfor %}
        cast(interval_half_width as {{ logit_type() }}) as interval_half_width
    from scores

)

-- In order, so that a reading of one day, or of one customer, skips the blocks of others.
select * from history
order by score_date, customer_id
