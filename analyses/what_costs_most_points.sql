-- Which drivers cost the most points over all customers today, and how many customers does each hold down?
--
-- points_lost is the mean over all customers of what the driver takes away, against the base score;
-- lost_per_customer is the mean over those it takes something from. What is_actionable can be changed by
-- the company. Association: what a driver goes with is not proof that changing it changes satisfaction
-- (see which_programs_pay).
--
-- depends_on: {{ ref('fct_customer_csat_drivers') }}
select
    driver_label,
    driver_family,
    is_actionable,
    count(*) filter (where points < 0) as customers_held_down,
    round(avg(least(points, 0)), 2) as points_lost,
    round(avg(points) filter (where points < 0), 1) as lost_per_customer
from marts.fct_customer_csat_drivers
group by driver_label, driver_family, is_actionable
having min(points) < 0
order by points_lost, driver_label
