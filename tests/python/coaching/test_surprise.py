"""What others expect of an answer, and how far so many bad ones may be luck."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.special import expit

from csat.estimation.expectation import fit_expectation
from csat.estimation.surprise import chance_of_as_many, expected_by_others
from csat.model.logistic import fit_logistic


def test_expectation_is_that_of_a_fit_without_the_answer() -> None:
    random = np.random.default_rng(1)
    x = random.normal(size=120)
    y = (random.random(120) < expit(0.5 + x)).astype(float)
    found = fit_expectation(y, numbers={"x": x})
    without = np.empty(120)
    for place in range(120):
        rest = np.arange(120) != place
        fitted = fit_logistic(found.design[rest], y[rest], np.ones(119), found.penalty)
        without[place] = expit(found.design[place] @ fitted)
    by_others = expected_by_others(found)
    # One step of Newton is exact to the second order of what one answer moves.
    assert np.abs(by_others - without).max() < 0.01
    assert np.abs(by_others - without).mean() < 0.1 * np.abs(found.probability - without).mean()
    # An answer pulls what is expected of it to itself.
    assert ((by_others < found.probability) == (y == 1)).all()


def test_luck_is_that_of_all_ways_to_get_as_many() -> None:
    expected = np.array([0.9, 0.7, 0.4, 0.55])
    for unsatisfied in range(5):
        chance = 0.0
        for outcome in itertools.product((0, 1), repeat=4):
            if 4 - sum(outcome) >= unsatisfied:
                chance += np.prod(np.where(outcome, expected, 1 - expected))
        assert chance_of_as_many(expected, unsatisfied) == pytest.approx(chance)
    assert chance_of_as_many(np.zeros(0), 0) == 1
