"""What programs cost and which are funded: sums, order, and the luck of the noisy."""

from __future__ import annotations

import numpy as np
import pytest

from csat.impact import Cost, Effect, ImpactError, cost_of, rank_programs


def ranked(**changes: object):
    arguments = {
        "estimate": np.array([4.0, 2.0, -3.0, np.nan]),
        "std_error": np.array([0.01, 0.01, 0.01, np.nan]),
        "reach": np.array([1000.0, 1000.0, 1000.0, 1000.0]),
        "cost_per_enrollment": np.array([10.0, 1.0, 1.0, 1.0]),
        "all_customers": 10_000.0,
        "budget": 6_000.0,
    }
    return rank_programs(**(arguments | changes))


def test_points_per_money_decide_until_the_budget_is_used_up():
    found = ranked()
    np.testing.assert_array_equal(found.rank, [2, 1, 3, 0])
    np.testing.assert_array_equal(found.customers, [500, 1000, 0, 0])
    np.testing.assert_array_equal(found.money, [5000, 1000, 0, 0])
    np.testing.assert_allclose(found.base_points[:2], [0.2, 0.2], rtol=1e-3)
    assert ranked(budget=0.0).money.sum() == 0
    assert ranked(budget=1e9).money.sum() == 11_000


def test_what_costs_nothing_comes_first_and_what_harms_gets_nothing():
    found = ranked(cost_per_enrollment=np.array([10.0, 0.0, 0.0, 1.0]), budget=0.0)
    np.testing.assert_array_equal(found.rank, [2, 1, 3, 0])
    np.testing.assert_array_equal(found.customers, [0, 1000, 0, 0])
    assert found.is_positive[2] == pytest.approx(0)


def test_noisy_effects_are_shrunk_and_no_longer_win_by_luck():
    estimate, error = np.array([12.0, 3.0, 2.5, 3.2]), np.array([9.0, 0.5, 0.5, 0.5])
    found = ranked(estimate=estimate, std_error=error, cost_per_enrollment=np.ones(4))
    assert found.estimate[0] < 6
    assert found.is_funded[0] < 1
    assert (found.conf_low < found.estimate).all()
    same = ranked(
        estimate=estimate[:2], std_error=error[:2], reach=np.ones(2), cost_per_enrollment=np.ones(2)
    )
    np.testing.assert_array_equal(same.estimate, estimate[:2])


def test_the_same_seed_funds_the_same():
    one, other = ranked(std_error=np.full(4, 3.0)), ranked(std_error=np.full(4, 3.0))
    np.testing.assert_array_equal(one.is_funded, other.is_funded)
    assert 0 < one.is_funded[0] < 1


def test_costs_follow_the_interval():
    cost = cost_of(Effect(5.0, 1.5, 2.0, 8.0, 900), 10.0)
    assert (cost.per_point_low, cost.per_point, cost.per_point_high) == (1.25, 2.0, 5.0)
    assert (cost.per_satisfied_low, cost.per_satisfied, cost.per_satisfied_high) == (125, 200, 500)
    assert cost_of(Effect(5.0, 3.0, -1.0, 11.0, 900), 10.0).per_point_high is None
    for effect in (Effect(-5.0, 1.0, -7.0, -3.0, 9), Effect(None, None, None, None, 0, "…")):
        assert cost_of(effect, 10.0) == Cost()
    assert cost_of(Effect(5.0, 1.5, 2.0, 8.0, 900), None) == Cost()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"budget": -1.0}, "The budget is -1.0"),
        ({"all_customers": 0.0}, "customers above 0"),
        ({"reach": np.array([-1.0, 1, 1, 1])}, "below 0"),
    ],
)
def test_mistakes_are_named(changes, says):
    with pytest.raises(ImpactError, match=says):
        ranked(**changes)
