"""Shrunk means keep their limits and symmetries, equal the normal model solved whole, and cover."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from csat.estimation.shrinkage import Information, mixture_quantile, shrink

VALUES = np.array([3.0, -1.0, 0.5, 6.0, -4.0])
VARIANCES = np.array([4.0, 1.0, 9.0, 2.0, 16.0])
ANSWERS = np.array([20.0, 80.0, 10.0, 40.0, 5.0])


def shrunk(values=VALUES, variances=VARIANCES, **changes):
    """Shrink with weights by answers, in points."""
    settings = {"largest_between_std": 50.0, "weights": ANSWERS[: len(values)]}
    return shrink(values, variances, **{**settings, **changes})


def solved_whole(tau: float, covariates: np.ndarray, known: Information, flat: float = 1e-12):
    """Return mean and covariance of (β, u) given τ: one system of all unknowns, no shortcut."""
    groups, columns = covariates.shape
    precision = np.zeros((columns + groups, columns + groups))
    both = np.column_stack([covariates, np.eye(groups)])
    precision += both.T @ (both / VARIANCES[:, None])
    precision[:columns, :columns] += known.matrix + flat * np.eye(columns)
    precision[columns:, columns:] += np.eye(groups) / tau**2
    right = both.T @ (VALUES / VARIANCES)
    right[:columns] += known.vector
    covariance = np.linalg.inv(precision)
    return covariance @ right, covariance


@pytest.mark.parametrize("tau", [0.5, 2.0, 20.0])
def test_posterior_given_tau_is_that_of_the_whole_normal_model(tau: float) -> None:
    covariates = np.column_stack([np.ones(5), [1.0, 0.0, -2.0, 0.5, 1.5]])
    known = Information(np.array([[0.0, 0.0], [0.0, 3.0]]), np.array([0.0, 1.2]))
    found = shrunk(covariates=covariates, information=known, between_stds=np.array([tau]))
    mean, covariance = solved_whole(tau, covariates, known)

    means = np.column_stack([covariates, np.eye(5)])
    share = ANSWERS / ANSWERS.sum()
    effects = np.column_stack([np.zeros((5, 2)), np.eye(5) - share])
    for rows, estimates in ((means, found.means), (effects, found.effects)):
        np.testing.assert_allclose(estimates.estimate, rows @ mean, atol=1e-8)
        std_error = np.sqrt(np.diag(rows @ covariance @ rows.T))
        np.testing.assert_allclose(estimates.std_error, std_error, rtol=1e-7)
        half = 1.959963984540054 * std_error
        np.testing.assert_allclose(estimates.conf_low, rows @ mean - half, atol=1e-7)
        np.testing.assert_allclose(estimates.conf_high, rows @ mean + half, atol=1e-7)
    np.testing.assert_allclose(found.coefficients, mean[:2], atol=1e-8)
    np.testing.assert_allclose(found.coefficient_covariance, covariance[:2, :2], rtol=1e-6)


def test_groups_that_differ_without_limit_keep_their_means() -> None:
    found = shrunk(between_stds=np.array([1e6]))
    np.testing.assert_allclose(found.means.estimate, VALUES, atol=1e-9)
    np.testing.assert_allclose(found.means.std_error, np.sqrt(VARIANCES), rtol=1e-9)
    share = ANSWERS / ANSWERS.sum()
    np.testing.assert_allclose(found.effects.estimate, VALUES - share @ VALUES, atol=1e-6)
    variance = VARIANCES * (1 - 2 * share) + share**2 @ VARIANCES
    np.testing.assert_allclose(found.effects.std_error, np.sqrt(variance), rtol=1e-6)


def test_groups_that_do_not_differ_have_one_mean() -> None:
    found = shrunk(between_stds=np.array([0.0]))
    weight = 1 / VARIANCES
    np.testing.assert_allclose(found.means.estimate, weight @ VALUES / weight.sum(), rtol=1e-12)
    np.testing.assert_allclose(found.means.std_error, weight.sum() ** -0.5, rtol=1e-12)
    np.testing.assert_array_equal(found.effects.estimate, 0.0)
    np.testing.assert_allclose(found.effects.conf_high, 0.0, atol=1e-12)


def test_group_without_a_value_gets_what_the_others_say() -> None:
    tau = np.array([2.0])
    variances = np.append(VARIANCES, np.inf)
    found = shrunk(
        np.append(VALUES, np.nan), variances, weights=np.append(ANSWERS, 0), between_stds=tau
    )
    without = shrunk(between_stds=tau)
    weight = 1 / (4 + VARIANCES)
    assert found.means.estimate[-1] == pytest.approx(weight @ VALUES / weight.sum())
    assert found.means.std_error[-1] == pytest.approx(np.sqrt(4 + 1 / weight.sum()))
    np.testing.assert_allclose(found.means.estimate[:-1], without.means.estimate)
    np.testing.assert_allclose(found.effects.std_error[:-1], without.effects.std_error)
    assert found.n == 5
    assert shrunk(VALUES, variances[1:], weights=ANSWERS).n == 4


def test_nearly_no_answers_are_like_none() -> None:
    many = shrunk(np.append(VALUES, 40.0), np.append(VARIANCES, 1e12), weights=np.ones(6))
    none = shrunk(np.append(VALUES, 0.0), np.append(VARIANCES, np.inf), weights=np.ones(6))
    np.testing.assert_allclose(many.means.estimate, none.means.estimate, rtol=1e-6)
    np.testing.assert_allclose(many.effects.conf_low, none.effects.conf_low, rtol=1e-6)


def test_a_single_group_keeps_its_mean_and_is_compared_with_nothing() -> None:
    found = shrunk(VALUES[:1], VARIANCES[:1])
    assert found.means.estimate == pytest.approx(VALUES[:1])
    assert found.means.std_error == pytest.approx(np.sqrt(VARIANCES[:1]))
    assert found.effects is None
    assert "single group" in found.reason


def test_without_any_value_nothing_is_said() -> None:
    found = shrunk(np.zeros(2), np.full(2, np.inf))
    assert found.means is None
    assert found.effects is None
    assert found.n == 0
    assert found.reason == "No group has a value."


def test_order_of_groups_changes_nothing() -> None:
    order = np.array([3, 0, 4, 2, 1])
    found = shrunk()
    moved = shrunk(VALUES[order], VARIANCES[order], weights=ANSWERS[order])
    for one, other in ((found.means, moved.means), (found.effects, moved.effects)):
        np.testing.assert_allclose(one.estimate[order], other.estimate, atol=1e-12)
        np.testing.assert_allclose(one.conf_low[order], other.conf_low, atol=1e-10)


def test_effects_add_up_to_nothing_and_move_with_no_common_shift() -> None:
    found, moved = shrunk(), shrunk(VALUES + 7)
    assert ANSWERS @ found.effects.estimate == pytest.approx(0, abs=1e-10)
    np.testing.assert_allclose(moved.effects.estimate, found.effects.estimate, atol=1e-10)
    np.testing.assert_allclose(moved.means.estimate, found.means.estimate + 7, atol=1e-10)


def test_unit_does_not_matter() -> None:
    points = shrunk()
    shares = shrunk(VALUES / 100, VARIANCES / 1e4, largest_between_std=0.5)
    np.testing.assert_allclose(100 * shares.effects.conf_low, points.effects.conf_low, rtol=1e-9)
    np.testing.assert_allclose(
        100 * shares.between_std.estimate, points.between_std.estimate, rtol=1e-9
    )


def test_grid_is_fine_enough() -> None:
    found = shrunk()
    # A flat prior on τ²: equal steps of it, equally likely.
    fine = shrunk(between_stds=50 * np.sqrt((np.arange(20000) + 0.5) / 20000))
    for one, other in ((found.means, fine.means), (found.effects, fine.effects)):
        np.testing.assert_allclose(one.estimate, other.estimate, atol=2e-3)
        np.testing.assert_allclose(one.conf_low, other.conf_low, atol=5e-3)
    np.testing.assert_allclose(found.between_std.estimate, fine.between_std.estimate, rtol=1e-3)
    np.testing.assert_allclose(found.between_std.conf_high, fine.between_std.conf_high, rtol=5e-3)


def test_quantiles_of_a_mixture_have_their_probability() -> None:
    weights = np.array([0.2, 0.5, 0.3])
    means = np.array([[0.0, 5.0], [1.0, 5.0], [-3.0, 5.0]])
    std_errors = np.array([[1.0, 0.0], [2.0, 0.0], [0.1, 0.0]])
    for probability in (0.025, 0.5, 0.975):
        found = mixture_quantile(weights, means, std_errors, probability)
        reached = weights @ ndtr((found[0] - means[:, 0]) / std_errors[:, 0])
        assert reached == pytest.approx(probability, abs=1e-10)
        assert found[1] == pytest.approx(5.0)


def test_what_cannot_be_a_variance_is_refused() -> None:
    with pytest.raises(ValueError, match="one variance"):
        shrunk(variances=-VARIANCES)
    with pytest.raises(ValueError, match="one variance"):
        shrunk(variances=VARIANCES[:3])


def repeated(taus: np.ndarray, seed: int, largest: float) -> tuple[float, float, float]:
    """Return coverage of means and of effects, and the squared error as a share of the raw one."""
    random = np.random.default_rng(seed)
    of_means, of_effects, raw, left = [], [], 0.0, 0.0
    for tau in taus:
        std_errors = random.uniform(3, 12, 15)
        truth = 2.0 + tau * random.standard_normal(15)
        values = truth + std_errors * random.standard_normal(15)
        found = shrink(values, std_errors**2, largest_between_std=largest)
        apart = truth - truth.mean()
        of_means.append((found.means.conf_low <= truth) & (truth <= found.means.conf_high))
        of_effects.append((found.effects.conf_low <= apart) & (apart <= found.effects.conf_high))
        raw += np.sum((values - truth) ** 2)
        left += np.sum((found.means.estimate - truth) ** 2)
    return float(np.mean(of_means)), float(np.mean(of_effects)), left / raw


def test_intervals_cover_exactly_where_tau_comes_from_its_prior() -> None:
    # No approximation is left to hide in: over the prior a posterior interval covers 95 of 100.
    taus = np.sqrt(np.random.default_rng(11).uniform(0, 12**2, 500))
    of_means, of_effects, _ = repeated(taus, seed=12, largest=12.0)
    assert of_means == pytest.approx(0.95, abs=0.012)
    assert of_effects == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize(("between_std", "error_left"), [(0.0, 0.25), (4.0, 0.5)])
def test_shrinking_pays_where_groups_differ_little(between_std: float, error_left: float) -> None:
    of_means, of_effects, left = repeated(np.full(100, between_std), seed=4, largest=50.0)
    assert of_means > 0.935
    assert of_effects > 0.935
    assert left < error_left
