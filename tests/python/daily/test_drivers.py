"""What drives scores: the same by SQL and by the library, and in a sum of nothing."""

from __future__ import annotations

import pytest
from claims import Claims
from harness import Workspace

SHAPES = "assert_shapes_average_to_nothing"


def test_importance_is_the_same_by_both_ways(scored: Workspace) -> None:
    (row,) = scored.query(
        "select count(*) as drivers, max(abs(here.mean_points - there.mean_points)) as apart, "
        "max(here.mean_points) as most from marts.fct_csat_driver_importance as here "
        "inner join intermediate.driver_importance as there using (model_version, driver)"
    )
    assert (
        row["drivers"]
        == scored.values("select count(distinct driver) from marts.fct_customer_csat_drivers")[0]
    )
    assert row["apart"] < 1e-9
    assert row["most"] > 0


def test_drivers_are_followed_over_earlier_versions(scored: Workspace) -> None:
    versions = scored.values("select distinct model_version from intermediate.driver_importance")
    in_force = scored.values("select model_version from marts.dim_model_versions where is_in_force")
    assert set(in_force) < set(versions)
    earlier = scored.values(
        "select distinct earlier_versions from marts.fct_csat_driver_importance"
    )
    assert earlier == [len(versions) - 1]
    (bounds,) = scored.query(
        "select bool_and(best_rank_before <= worst_rank_before "
        "and lowest_mean_points_before <= highest_mean_points_before "
        "and rank_correlation_before between -1 and 1) as hold "
        "from marts.fct_csat_driver_importance where best_rank_before is not null"
    )
    assert bounds["hold"]


def test_shapes_cover_every_value_in_turn(scored: Workspace) -> None:
    gaps = scored.values(
        "select feature from (select feature, from_value, lag(to_value) over "
        "(partition by feature order by bin_number) as ended from marts.fct_csat_driver_shapes "
        "where kind = 'numeric' and bin_number > 1) where from_value <> coalesce(ended, from_value)"
    )
    assert gaps == []
    assert scored.values("select count(*) from marts.fct_csat_driver_shapes") > [100]


@pytest.mark.parametrize(
    "mistake",
    [
        "update marts.fct_csat_driver_shapes set points = points + 0.01 where feature = "
        "(select min(feature) from marts.fct_csat_driver_shapes)",
        "update marts.fct_csat_driver_shapes set customers = customers + 1 where bin_number = 0",
        "update marts.fct_csat_driver_importance set share_of_all = share_of_all + 0.01",
    ],
)
def test_shapes_that_do_not_add_up_are_found(claims: Claims, mistake: str) -> None:
    assert claims.rows_against(SHAPES) == 0
    assert claims.rows_against(SHAPES, after=mistake)
