-- What do waits do to the score: points by the longest wait of the last 30 days, and how many customers
-- have it?
--
-- Points against the mean of all customers, with the band in which the model is sure. Steps are the
-- model's, found in answers; where the band is wide, few answers have shown it. Change the feature to draw
-- another curve: dim_model_features lists them.
--
-- depends_on: {{ ref('fct_csat_driver_shapes') }}
select
    shapes.feature_label,
    shapes.unit,
    shapes.from_value,
    shapes.to_value,
    shapes.is_missing,
    shapes.customers,
    round(shapes.points, 1) as points,
    round(shapes.points_lower, 1) as points_lower,
    round(shapes.points_upper, 1) as points_upper
from marts.fct_csat_driver_shapes as shapes
where
    shapes.feature = 'worst_wait_30_days'
    and shapes.score_date = (select max(latest.score_date) from marts.fct_csat_driver_shapes as latest)
order by shapes.bin_number
