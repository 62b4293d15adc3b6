with

scores as (

    select * from {{ ref('customer_scores_before') }}

),

of_version_before as (

    select
        customer_id,
        score_date,

        model_version,

        {% for family in families() %}
        cast(contribution_{{ family }} as {{ logit_type() }}) as contribution_{{ family }},
        {% endfor %}
        cast(intercept as {{ logit_type() }}) as intercept
    from scores

)

select * from of_version_before
order by score_date, customer_id
