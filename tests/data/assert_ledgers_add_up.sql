-- Each ledger adds up to the change of the published estimate, with at least the four components, and is
-- there for every day due on which the customers of both days are known.
with

estimates as (

    select
        score_date,
        segment_id,
        segment_value,
        csat_estimate
    from {{ ref('int_segment_estimates') }}
    where csat_estimate is not null

),

ledgers as (

    select
        score_date,
        span_days,
        segment_id,
        segment_value,
        sum(points) as points,
        count(distinct component) as components
    from {{ ref('fct_csat_change_ledger') }}
    where score_date >= {{ first_due_day() }}
    group by score_date, span_days, segment_id, segment_value

),

expected as (

    select
        movements.score_date,
        1 as span_days,
        movements.segment_id,
        movements.segment_value
    from {{ ref('int_segment_movements') }} as movements
    inner join estimates as today
        on
            movements.score_date = today.score_date
            and movements.segment_id = today.segment_id
            and movements.segment_value = today.segment_value
    inner join estimates as eve
        on
            movements.score_date = eve.score_date + 1
            and movements.segment_id = eve.segment_id
            and movements.segment_value = eve.segment_value
    where
        movements.score_date >= {{ first_due_day() }}
        and movements.customers > 0
        and movements.customers_before > 0

)

select
    coalesce(ledgers.score_date, expected.score_date) as score_date,
    coalesce(ledgers.segment_id, expected.segment_id) as segment_id,
    coalesce(ledgers.segment_value, expected.segment_value) as segment_value,
    ledgers.span_days,
    ledgers.components,
    ledgers.points,
    today.csat_estimate - eve.csat_estimate as change
from ledgers
left join estimates as today
    on
        ledgers.score_date = today.score_date
        and ledgers.segment_id = today.segment_id
        and ledgers.segment_value = today.segment_value
left join estimates as eve
    on
        ledgers.score_date - cast(ledgers.span_days as integer) = eve.score_date
        and ledgers.segment_id = eve.segment_id
        and ledgers.segment_value = eve.segment_value
full outer join expected
    on
        ledgers.score_date = expected.score_date
        and ledgers.span_days = expected.span_days
        and ledgers.segment_id = expected.segment_id
        and ledgers.segment_value = expected.segment_value
where
    ledgers.points is null
    or ledgers.components < 4
    or coalesce(abs(today.csat_estimate - eve.csat_estimate - ledgers.points) > 1e-9, true)
