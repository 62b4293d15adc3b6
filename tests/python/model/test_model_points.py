"""Drivers in points are exact: nothing is left over, and every driver averages 0."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import DRIVERS, features_of

from csat.model import ModelError, TrainedModel, driver_points, grouped, score, secant_slopes
from csat.model.logistic import logit_of, sigmoid


@pytest.mark.parametrize("name", ["smooth_model", "pair_model"])
def test_points_add_up_to_the_distance_from_the_base(
    name: str, request: pytest.FixtureRequest
) -> None:
    model: TrainedModel = request.getfixturevalue(name)
    scores = score(model, features_of(np.random.default_rng(3), 4000))
    _, of_drivers = grouped(model, scores, DRIVERS)
    found = driver_points(scores.logit, of_drivers)
    gap = 100 * (scores.probability - found.base_probability)
    np.testing.assert_allclose(found.points.sum(axis=1), gap, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.points.mean(axis=0), 0, atol=1e-9)
    assert model.intercept + found.references.sum() == pytest.approx(found.base_logit, abs=1e-9)
    assert found.base_probability == pytest.approx(scores.probability.mean(), abs=1e-12)
    segment = np.arange(4000) % 7 == 2
    np.testing.assert_allclose(
        found.points[segment].mean(axis=0).sum(),
        100 * (scores.probability[segment].mean() - found.base_probability),
        atol=1e-9,
    )


def test_customers_outside_of_the_base_add_up_too(smooth_model: TrainedModel) -> None:
    scores = score(smooth_model, features_of(np.random.default_rng(3), 500))
    _, of_drivers = grouped(smooth_model, scores, DRIVERS)
    found = driver_points(scores.logit[:20], of_drivers[:20], scores.logit, of_drivers)
    gap = 100 * (scores.probability[:20] - scores.probability.mean())
    np.testing.assert_allclose(found.points.sum(axis=1), gap, atol=1e-9)


@pytest.mark.parametrize("base", [-30.0, -3.0, 0.0, 0.8, 30.0])
def test_slope_is_the_quotient_of_differences_far_away_and_the_derivative_near(
    base: float,
) -> None:
    far = base + np.array([-700.0, -20.0, -1.0, 1.0, 20.0, 700.0])
    # On the side where probabilities are small, their difference keeps its digits.
    side = -1 if base > 0 else 1
    expected = 100 * side * (sigmoid(side * far) - sigmoid(side * base)) / (far - base)
    np.testing.assert_allclose(secant_slopes(far, base), expected, rtol=1e-6, atol=1e-13)
    near = base + np.array([0.0, 1e-300, -1e-15, 1e-12, -1e-9])
    derivative = 100 * sigmoid(base) * sigmoid(-base)
    np.testing.assert_allclose(secant_slopes(near, base), derivative, rtol=1e-8)
    assert logit_of(sigmoid(0.3)) == pytest.approx(0.3)


def test_points_need_a_base() -> None:
    with pytest.raises(ModelError, match="no customers"):
        driver_points(np.empty(0), np.empty((0, 2)))
