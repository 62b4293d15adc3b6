"""Group means shrunk to each other, as far as their differences look like chance.

The model of Fay and Herriot (1979), with covariates:

    y_g = z_g'β + u_g + ε_g,    u_g ~ N(0, τ² + c_g),    ε_g ~ N(0, v_g),

y_g the direct estimate of group g and v_g its known sampling variance. Given τ everything is
normal. τ itself is integrated over a grid, never plugged in: a plugged-in τ = 0 makes every
interval too short. So posteriors are mixtures of normals, and the ends of intervals are quantiles
of the mixture. The prior is flat on τ² (Stein's harmonic prior, for whose coverage Morris and Lysy
2012 argue): with one flat on τ, intervals cover too little where groups differ about half as much
as chance makes them differ (benchmarks/results/agents.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from csat.estimation.residuals import EstimationError

#: Values of τ in the grid, closer where it is small.
GRID_SIZE = 100
#: Halvings by which a quantile is found: to 1e-12 of the width searched.
HALVINGS = 40


@dataclass(frozen=True, eq=False)
class Estimates:
    """Estimates of several things, all (n,), with the standard errors and ends of intervals."""

    estimate: np.ndarray
    std_error: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray


@dataclass(frozen=True, eq=False)
class Information:
    """What is known of the coefficients from elsewhere: β ~ N(matrix⁻¹ vector, matrix⁻¹).

    Parameters
    ----------
    matrix
        (coefficients, coefficients), positive semidefinite; a direction of 0 is known nothing of.
    vector
        (coefficients,).
    """

    matrix: np.ndarray
    vector: np.ndarray


@dataclass(frozen=True, eq=False)
class Shrinkage:
    """Groups shrunk to each other, in the unit of the values.

    Parameters
    ----------
    means
        z_g'β + u_g: the true mean of each group. Null with ``reason`` where no group has a value.
    effects
        u_g - Σ_h ω_h u_h: each group against all of them, at equal covariates; weighted by ω they
        add up to 0. Null with ``reason`` for fewer than two groups.
    between_std
        τ, as arrays of length 1.
    coefficients
        (coefficients,) posterior mean of β.
    coefficient_covariance
        (coefficients, coefficients).
    n
        Groups that have a value.
    reason
        Why something is null, null where nothing is.
    """

    means: Estimates | None
    effects: Estimates | None
    between_std: Estimates | None
    coefficients: np.ndarray | None
    coefficient_covariance: np.ndarray | None
    n: int
    reason: str | None


def shrink(
    values: np.ndarray,
    variances: np.ndarray,
    *,
    largest_between_std: float,
    extra_variances: np.ndarray | float = 0.0,
    weights: np.ndarray | None = None,
    covariates: np.ndarray | None = None,
    information: Information | None = None,
    between_stds: np.ndarray | None = None,
    confidence: float = 0.95,
) -> Shrinkage:
    """Shrink group means by the model of Fay and Herriot, τ integrated over a grid.

    With V_g = τ² + c_g + v_g, W = diag(1/V_g) and β known beforehand as in ``information`` (Λ, h):

        A = Z'WZ + Λ,    β | τ, y ~ N(β̂, A⁻¹),    β̂ = A⁻¹ (Z'Wy + h),
        u_g | β, τ, y ~ N(B_g (y_g - z_g'β), (τ² + c_g)(1 - B_g)),    B_g = (τ² + c_g) / V_g,
        -2 log p(y | τ) = Σ log V_g + log |A| + y'Wy - β̂'Aβ̂ + a constant.

    As τ grows the means become the values; as v_g grows the mean of g becomes z_g'β̂.

    Parameters
    ----------
    values, variances
        (groups,) y_g and v_g. An infinite variance is a group without a value, which gets what
        the others say of it: wide, not absent.
    largest_between_std
        τ is between 0 and this. For shares of answers 0.5 (50 in points): no share varies more.
    extra_variances
        c_g: what is known to make true means differ beyond τ.
    weights
        (groups,) ω_g, what a group counts for among all of them; equal where not given.
    covariates
        (groups, coefficients) z_g; a column of ones where not given.
    information
        What is known of β from elsewhere; nothing where not given.
    between_stds
        The values of τ, in place of the grid and equally likely beforehand.
    confidence
        Of the intervals, between 0 and 1, with equal tails.

    Raises
    ------
    EstimationError
        If a variance is negative or the shapes differ.

    References
    ----------
    Fay and Herriot (1979), Estimates of income for small places; Morris and Lysy (2012), Shrinkage
    estimation in multilevel normal models; Rao and Molina (2015), Small area estimation, section
    10.3.
    """
    y, v = np.asarray(values, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    extra = np.broadcast_to(np.asarray(extra_variances, dtype=np.float64), y.shape)
    z = np.ones((len(y), 1)) if covariates is None else np.asarray(covariates, dtype=np.float64)
    if not (y.shape == v.shape == z.shape[:1]) or (v < 0).any() or (extra < 0).any():
        raise EstimationError("Give one variance, 0 or more, and one row of covariates per value.")
    known = information or Information(np.zeros(z.shape[1:] * 2), np.zeros(z.shape[1]))
    has_value = np.isfinite(v)
    groups = int(has_value.sum())
    if not groups:
        return Shrinkage(*(None,) * 5, n=0, reason="No group has a value.")
    y = np.where(has_value, y, 0.0)
    share = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=np.float64)
    share = share / share.sum()
    if between_stds is None:
        taus, density = _grid(largest_between_std)
    else:
        taus = np.asarray(between_stds, dtype=np.float64)
        density = np.ones(len(taus))

    given = [_given(tau, y, v, extra, z, known, share) for tau in taus]
    logs = np.array([one.log_likelihood for one in given])
    likely = density * np.exp(logs - logs.max())
    likely /= likely.sum()
    # What is next to impossible only costs time.
    possible = np.flatnonzero(likely > 1e-7 * likely.max())
    likely, given = likely[possible] / likely[possible].sum(), [given[k] for k in possible]

    tails = (1 - confidence) / 2
    coefficients = np.array([one.coefficients for one in given])
    covariances = np.array([one.covariance for one in given])
    middle = likely @ coefficients
    apart = coefficients - middle
    covariance = np.tensordot(likely, covariances, 1) + (apart * likely[:, None]).T @ apart
    return Shrinkage(
        means=_mixed(likely, [one.mean for one in given], [one.mean_std for one in given], tails),
        effects=(
            _mixed(likely, [one.effect for one in given], [one.effect_std for one in given], tails)
            if len(y) > 1
            else None
        ),
        between_std=_of_grid(taus[possible], likely, tails),
        coefficients=middle,
        coefficient_covariance=covariance,
        n=groups,
        reason=None if len(y) > 1 else "A single group has none to be compared with.",
    )


def mixture_quantile(
    weights: np.ndarray, means: np.ndarray, std_errors: np.ndarray, probability: float
) -> np.ndarray:
    """Return quantiles of mixtures of normals, by halving.

    Parameters
    ----------
    weights
        (components,), sum 1.
    means, std_errors
        (components, n) of the components of n mixtures.
    probability
        Between 0 and 1.

    Returns
    -------
    numpy.ndarray
        (n,) x with Σ_k weight_k Φ((x - mean_k) / std_error_k) = probability.
    """
    scale = np.maximum(std_errors, np.finfo(np.float64).tiny)
    low, high = (means - 10 * std_errors).min(axis=0), (means + 10 * std_errors).max(axis=0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        with np.errstate(over="ignore"):
            is_below = weights @ ndtr((middle - means) / scale) < probability
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    return (low + high) / 2


@dataclass(frozen=True, eq=False)
class _Given:
    """The posterior given τ."""

    log_likelihood: float
    coefficients: np.ndarray
    covariance: np.ndarray
    mean: np.ndarray
    mean_std: np.ndarray
    effect: np.ndarray
    effect_std: np.ndarray


def _given(
    tau: float,
    y: np.ndarray,
    v: np.ndarray,
    extra: np.ndarray,
    z: np.ndarray,
    known: Information,
    share: np.ndarray,
) -> _Given:
    between = tau**2 + extra
    total = between + v
    has_value = np.isfinite(total)
    w = np.where(has_value, 1 / np.maximum(total, np.finfo(np.float64).tiny), 0.0)
    weighted = z * w[:, None]
    precision = weighted.T @ z + known.matrix
    covariance = np.linalg.inv(precision)
    coefficients = covariance @ (weighted.T @ y + known.vector)
    fitted = z @ coefficients
    _, log_determinant = np.linalg.slogdet(precision)
    unexplained = w @ y**2 - coefficients @ precision @ coefficients

    kept = between * w
    # v B and v / V, not (τ² + c)(1 - B) and 1 - B, which lose their digits where B is nearly 1.
    noise = np.where(has_value, v, 0.0)
    own = np.where(has_value, noise * kept, between)
    effect = kept * (y - fitted)
    lost = z * np.where(has_value, noise * w, 1.0)[:, None]
    # u_g moves against β by B_g z_g; the mean of all of them by the mean of that.
    pulled = z * kept[:, None]
    pulled = pulled - share @ pulled
    return _Given(
        log_likelihood=float(
            -0.5 * (np.log(total[has_value]).sum() + log_determinant + unexplained)
        ),
        coefficients=coefficients,
        covariance=covariance,
        mean=fitted + effect,
        mean_std=np.sqrt(own + _quadratic(lost, covariance)),
        effect=effect - share @ effect,
        effect_std=np.sqrt(
            np.maximum(own * (1 - 2 * share) + share**2 @ own, 0) + _quadratic(pulled, covariance)
        ),
    )


def _quadratic(rows: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Return x'Mx of each row."""
    return np.einsum("gj,gj->g", rows @ matrix, rows)


def _grid(largest: float) -> tuple[np.ndarray, np.ndarray]:
    """Return τ = largest × x³ at the middles x of equal steps, and dτ²/dx: flat in τ²."""
    x = (np.arange(GRID_SIZE) + 0.5) / GRID_SIZE
    return largest * x**3, x**5


def _mixed(
    likely: np.ndarray, means: list[np.ndarray], std_errors: list[np.ndarray], tails: float
) -> Estimates:
    mean, std_error = np.array(means), np.array(std_errors)
    estimate = likely @ mean
    variance = likely @ (std_error**2 + (mean - estimate) ** 2)
    return Estimates(
        estimate=estimate,
        std_error=np.sqrt(variance),
        conf_low=mixture_quantile(likely, mean, std_error, tails),
        conf_high=mixture_quantile(likely, mean, std_error, 1 - tails),
    )


def _of_grid(taus: np.ndarray, likely: np.ndarray, tails: float) -> Estimates:
    mean = likely @ taus
    reached = np.cumsum(likely) - likely / 2
    return Estimates(
        estimate=np.array([mean]),
        std_error=np.array([np.sqrt(likely @ (taus - mean) ** 2)]),
        conf_low=np.interp([tails], reached, taus),
        conf_high=np.interp([1 - tails], reached, taus),
    )
