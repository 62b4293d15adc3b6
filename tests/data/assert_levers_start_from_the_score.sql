-- A gain over another score than the one that readers see would promise what nobody can check.
with

levers as (

    select * from {{ ref('fct_customer_levers') }}

),

daily as (

    select * from {{ ref('fct_customer_csat_daily') }}
    where score_date = {{ literal_day(ref('int_as_of_date'), 'min(as_of_date)') }}

),

strays as (

    -- A day that stays as scored before has no levers.
    select daily.customer_id
    from daily
    left join levers on daily.customer_id = levers.customer_id
    where
        levers.customer_id is null
        or abs(levers.csat_score - daily.csat_score) > 1e-9
        or (levers.levers = 0) <> (levers.reason is not null)
        or (levers.levers > 0 and levers.csat_score is null)

)

select * from strays
