-- Each day that was due holds exactly the customers who were active at its end. One that its version can no
-- longer score, because the registry has changed since, still holds whom it held.
with

active as (

    select
        score_date,
        count(*) as customers
    from {{ ref('int_scoring_moments') }}
    group by score_date

),

due as (

    select score_date
    from {{ ref('int_score_dates') }}
    where is_due

),

computed as (

    select distinct score_date from {{ ref('customer_scores') }}

),

kept as (

    select
        base_scores.score_date,
        base_scores.customers
    from {{ ref('int_base_scores') }} as base_scores
    inner join {{ ref('csat_model_versions') }} as versions
        on base_scores.model_version = versions.model_version
    left join computed on base_scores.score_date = computed.score_date
    where
        computed.score_date is null
        and versions.registry_checksum <> '{{ registry_checksum() }}'

),

scored as (

    select
        score_date,
        count(distinct customer_id) as customers
    from {{ ref('int_customer_csat_history') }}
    where score_date >= {{ first_due_day() }}
    group by score_date

)

select
    due.score_date,
    coalesce(kept.customers, active.customers) as expected_customers,
    scored.customers as scored_customers
from due
left join active on due.score_date = active.score_date
left join kept on due.score_date = kept.score_date
left join scored on due.score_date = scored.score_date
where coalesce(kept.customers, active.customers, 0) <> coalesce(scored.customers, 0)
