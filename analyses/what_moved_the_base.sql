-- Why is the CSAT of all customers other than four weeks ago?
--
-- The points add up to the change, to the last digit: behaviour (what customers went through, by driver),
-- mix (who came and left), model (a new version sees the same customers otherwise) and survey (what
-- answers say beyond the scores). Only behaviour and mix are news of customers. Whether the change is more
-- than noise says fct_base_csat_daily.is_change_28_days_more_than_noise.
--
-- depends_on: {{ ref('fct_csat_change_ledger') }}
select
    ledger.component,
    ledger.part_label,
    round(ledger.points, 2) as points,
    round(sum(ledger.points) over (partition by ledger.component), 2) as points_of_component,
    round(sum(ledger.points) over (), 2) as points_in_all
from marts.fct_csat_change_ledger as ledger
where
    ledger.entity_id = 'all'
    and ledger.span_days = 28
    and ledger.score_date = (select max(latest.score_date) from marts.fct_csat_change_ledger as latest)
order by abs(ledger.points) desc, ledger.component asc, ledger.part_label asc
