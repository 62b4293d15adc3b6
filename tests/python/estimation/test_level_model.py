"""The model of levels, in closed form, is the posterior that a dense Gaussian regression gives."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from csat.estimation.level_model import (
    LEVEL_PRIOR_SD,
    SHOCK_MEMORY_DAYS,
    Grid,
    LevelModel,
    Observations,
    Posterior,
    flat_prior,
)

AGES = np.array([0, 1, 2, 7, 28, 100])
SIZES = np.array([100.0, 40.0, 300.0])
OWN_VARIANCE = np.array([0.5, 2.0, 0.1])
BIAS_SD = 5.0


def cells() -> tuple[np.ndarray, ...]:
    """Draw precision and mean residual of ordinary and of gold cells, some without answers."""
    random = np.random.default_rng(1)
    shape = (len(SIZES), len(AGES))
    ordinary = random.gamma(1, 0.1, shape) * (random.random(shape) < 0.7)
    gold = random.gamma(1, 0.05, shape) * (random.random(shape) < 0.4)
    return ordinary, random.normal(2, 5, shape), gold, random.normal(0, 5, shape)


def model(grid: Grid, has_bias: bool = True) -> LevelModel:
    ordinary, mean, gold, gold_mean = cells()
    seen = Observations(
        precision=ordinary + gold,
        ordinary_precision=ordinary,
        information=ordinary * mean + gold * gold_mean,
        ordinary_information=ordinary * mean,
        age_days=AGES,
    )
    return LevelModel(
        seen,
        grid,
        own_variance=OWN_VARIANCE,
        response_bias_sd=BIAS_SD if has_bias else None,
    )


def solved(grid: Grid, has_bias: bool = True) -> Posterior:
    found = model(grid, has_bias)
    return found.posterior(grid.log_prior, sizes=SIZES, moments=np.array([0, 1, 4]))


def dense(
    level_sds: tuple[float, float], segment_sd: float, memory: float, has_bias: bool
) -> tuple[np.ndarray, np.ndarray, float, tuple[float, float]]:
    """Return mean and covariance of x (segment by moment), the log-likelihood, and δ."""
    moments, segments = len(AGES), len(SIZES)
    # The walk begins at today and goes back.
    walk_sd, shock_sd = level_sds
    apart = np.abs(AGES[:, None] - AGES[None, :])
    level = LEVEL_PRIOR_SD**2 + walk_sd**2 * np.minimum.outer(AGES, AGES)
    level = level + shock_sd**2 * np.exp(-apart / SHOCK_MEMORY_DAYS)
    x = np.zeros((segments * moments,) * 2)
    for s in range(segments):
        for t in range(segments):
            block = level
            if s == t:
                block = block + (segment_sd**2 + OWN_VARIANCE[s]) * np.exp(-apart / memory)
            x[s * moments : (s + 1) * moments, t * moments : (t + 1) * moments] = block
    state = np.zeros((len(x) + 1,) * 2)
    state[:-1, :-1] = x
    state[-1, -1] = BIAS_SD**2 if has_bias else 0.0
    rows, values, noise = [], [], []
    ordinary, mean, gold, gold_mean = cells()
    for precision, observed, is_ordinary in ((ordinary, mean, 1.0), (gold, gold_mean, 0.0)):
        for place in np.flatnonzero(precision):
            row = np.zeros(len(state))
            row[place], row[-1] = 1.0, is_ordinary
            rows.append(row)
            values.append(observed.flat[place])
            noise.append(1 / precision.flat[place])
    design, values = np.array(rows), np.array(values)
    seen = design @ state @ design.T + np.diag(noise)
    gain = state @ design.T @ np.linalg.inv(seen)
    after, covariance = gain @ values, state - gain @ design @ state
    likelihood = multivariate_normal(np.zeros(len(values)), seen).logpdf(values)
    return after[:-1], covariance[:-1, :-1], likelihood, (after[-1], covariance[-1, -1])


def single(level_sds: tuple[float, float], segment_sd: float, memory: float) -> Grid:
    values = (*level_sds, segment_sd, memory)
    return Grid(*(np.array([value]) for value in values), np.zeros((1, 1, 1)))


@pytest.mark.parametrize("has_bias", [False, True])
@pytest.mark.parametrize("memory", [50.0, np.inf])
@pytest.mark.parametrize("segment_sd", [0.0, 3.0])
@pytest.mark.parametrize("level_sds", [(0.3, 0.0), (0.05, 2.0)])
def test_posterior_is_that_of_a_dense_regression(
    level_sds: tuple[float, float], segment_sd: float, memory: float, has_bias: bool
) -> None:
    found = solved(single(level_sds, segment_sd, memory), has_bias=has_bias)
    mean, covariance, _, bias = dense(level_sds, segment_sd, memory, has_bias)
    today = np.arange(len(SIZES)) * len(AGES)
    for row, moment in enumerate((0, 1, 4)):
        there = today + moment
        np.testing.assert_allclose(found.mean[row], mean[there], rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(
            found.covariance[row], covariance[today, there], rtol=1e-5, atol=1e-6
        )
        np.testing.assert_allclose(found.variance[row], covariance[there, there], rtol=1e-5)
    np.testing.assert_allclose(
        found.covariance_with_total, covariance[np.ix_(today, today)] @ SIZES, rtol=1e-5
    )
    assert found.response_bias == pytest.approx(bias[0], abs=1e-6)
    assert found.response_bias_sd**2 == pytest.approx(bias[1], abs=1e-6)


LEVELS, SEGMENT_SDS, MEMORIES = (
    ((0.1, 0.0), (1.0, 0.0), (0.1, 3.0)),
    (0.0, 2.0, 6.0),
    (50.0, np.inf),
)


def grid_of(log_prior: np.ndarray) -> Grid:
    walk_sd, shock_sd = np.array(LEVELS).T
    return Grid(walk_sd, shock_sd, np.array(SEGMENT_SDS), np.array(MEMORIES), log_prior)


def test_grid_is_weighted_by_the_dense_likelihood() -> None:
    prior = np.log(np.random.default_rng(3).uniform(0.5, 1, (3, 3, 2)))
    found = solved(grid_of(prior))
    likelihood = np.array(
        [[[dense(a, b, m, True)[2] for m in MEMORIES] for b in SEGMENT_SDS] for a in LEVELS]
    )
    differences = model(grid_of(prior)).log_likelihood - likelihood
    np.testing.assert_allclose(differences, differences[0, 0, 0], atol=1e-5)
    expected = np.exp(likelihood + prior)
    np.testing.assert_allclose(found.weights, expected / expected.sum(), rtol=1e-4)


def test_mixture_has_the_moments_of_its_parts() -> None:
    whole = solved(grid_of(np.zeros((3, 3, 2))))
    parts, weights = [], []
    for place in np.argwhere(whole.weights):
        a, b, m = place
        parts.append(solved(single(LEVELS[a], SEGMENT_SDS[b], MEMORIES[m])))
        weights.append(whole.weights[a, b, m])
    assert len(parts) > 10

    def averaged(values: list[np.ndarray]) -> np.ndarray:
        return np.average(values, axis=0, weights=weights)

    mean = averaged([part.mean for part in parts])
    apart = np.array([part.mean - mean for part in parts])
    np.testing.assert_allclose(whole.mean, mean)
    np.testing.assert_allclose(
        whole.covariance,
        averaged([part.covariance for part in parts]) + averaged(apart * apart[:, :1]),
    )
    np.testing.assert_allclose(
        whole.variance, averaged([part.variance for part in parts]) + averaged(apart**2)
    )
    np.testing.assert_allclose(
        whole.covariance_with_total,
        averaged([part.covariance_with_total for part in parts])
        + averaged(apart[:, 0] * (apart[:, 0] @ SIZES)[:, None]),
    )


def test_uneven_grid_points_weigh_by_the_stretch_they_stand_for() -> None:
    np.testing.assert_allclose(flat_prior([0.0, 1.0, 4.0]), [0.125, 0.5, 0.375])
    np.testing.assert_allclose(flat_prior([2.0]), [1.0])
