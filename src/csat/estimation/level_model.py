"""The linear Gaussian model of surveyed residuals: moving level, segment effects, response bias.

The mean residual of segment s on day t, in points, from W = Σ w answers' weight:

    r̄_s(t) = e(t) + u_s(t) + δ [not gold] + noise,    noise ~ N(0, φ_s / W)

e is a random walk plus shocks that fade: stationary, with standard deviation ``shock_sd`` and
correlation exp(-days / ``SHOCK_MEMORY_DAYS``). u_s is stationary with variance τ² + c_s and
correlation exp(-days / memory), as in Rao and Yu (1994); with endless memory it is the constant
effect of Fay and Herriot (1979). δ is the bias that weights cannot see; gold answers do not have
it. Given the two standard deviations of the level, τ and the memory, all is Gaussian and exact;
these four are integrated over a grid.

The noise has variance φ / W, not Σ w² m (1 - m) / W² of the very cell: so that a sum over cells is
again Σ w r / Σ w. With a cell's own variance the weights of single answers would cancel, and with
them what they correct.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

#: Prior standard deviation, in points, of today's level: as good as free.
LEVEL_PRIOR_SD = 100.0
#: Days after which the correlation of a shock with what is left of it has fallen to 1/e.
SHOCK_MEMORY_DAYS = 14.0
#: Combinations of the grid with less than this of the most likely one's weight are left out.
NEGLIGIBLE = 1e-3


@dataclass(frozen=True, eq=False)
class Observations:
    """What the answers tell at S segments and T moments, the newest first.

    Parameters
    ----------
    precision
        (S, T) of all answers, W / φ, in 1 / points².
    ordinary_precision
        (S, T) of those that are not gold.
    information, ordinary_information
        (S, T) precision × mean residual in points, of all and of those that are not gold.
    age_days
        (T,) of the moments, rising from 0.
    """

    precision: np.ndarray
    ordinary_precision: np.ndarray
    information: np.ndarray
    ordinary_information: np.ndarray
    age_days: np.ndarray


@dataclass(frozen=True, eq=False)
class Grid:
    """Standard deviations in points and memories in days, with the log prior of each combination.

    Parameters
    ----------
    walk_sd
        (A,) of the level's step from one day to the next, above 0.
    shock_sd
        (A,) of shocks to the level, beside each ``walk_sd``.
    segment_sd
        (B,) of segment effects; only 0 for a model without them.
    memory_days
        (M,) after which the correlation of a segment's effect has fallen to 1/e; may be infinite.
    log_prior
        (A, B, M).
    """

    walk_sd: np.ndarray
    shock_sd: np.ndarray
    segment_sd: np.ndarray
    memory_days: np.ndarray
    log_prior: np.ndarray


@dataclass(frozen=True, eq=False)
class Posterior:
    """Correction x_s = e + u_s today and at earlier moments, in points.

    Parameters
    ----------
    mean
        (moments, S); the first moment is today.
    covariance
        (moments, S) of today's x_s with that of the moment; the first row is today's variance.
    variance
        (moments, S) of x_s at the moment, given all that is known today.
    covariance_with_total
        (S,) of today's x_s with Σ_s' size_s' x_s'.
    response_bias, response_bias_sd
        δ; 0 and 0 where it is not free.
    weights
        (A, B, M), the grid's posterior; adds up to 1.
    """

    mean: np.ndarray
    covariance: np.ndarray
    variance: np.ndarray
    covariance_with_total: np.ndarray
    response_bias: float
    response_bias_sd: float
    weights: np.ndarray


def flat_prior(values: Sequence[float]) -> np.ndarray:
    """Return the trapezoidal weights of grid points, so that unevenly spaced ones mean "flat"."""
    points = np.asarray(values, dtype=np.float64)
    if len(points) == 1:
        return np.ones(1)
    edges = np.concatenate([points[:1], (points[1:] + points[:-1]) / 2, points[-1:]])
    return np.diff(edges) / (points[-1] - points[0])


class LevelModel:
    """What the answers tell of the level and the effects, at every point of the grid.

    u is eliminated segment by segment (T × T each); what is left is the level at T moments, and δ.

    Parameters
    ----------
    own_variance
        (S,) c_s, in points².
    response_bias_sd
        Prior standard deviation of δ in points; null where δ is 0.

    Attributes
    ----------
    log_likelihood
        (A, B, M) of the grid, up to a constant.
    """

    def __init__(
        self,
        seen: Observations,
        grid: Grid,
        *,
        own_variance: np.ndarray,
        response_bias_sd: float | None,
    ) -> None:
        apart = np.abs(seen.age_days[:, None] - seen.age_days[None, :])
        self._prior_precision, prior_log_det = _prior_of_level(
            tuple(seen.age_days.tolist()),
            tuple(zip(grid.walk_sd.tolist(), grid.shock_sd.tolist(), strict=True)),
            response_bias_sd,
        )
        has_bias = response_bias_sd is not None
        self._effects = {
            (b, m): _Effects(seen, tau**2 + own_variance, np.exp(-apart / memory), has_bias)
            for b, tau in enumerate(grid.segment_sd)
            for m, memory in enumerate(grid.memory_days)
        }
        self.log_likelihood = np.empty(grid.log_prior.shape)
        for (b, m), of_segments in self._effects.items():
            lower = np.linalg.cholesky(self._prior_precision + of_segments.precision)
            log_det = 2 * np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
            half = np.linalg.solve(lower, of_segments.information[:, None])[..., 0]
            self.log_likelihood[:, b, m] = 0.5 * (
                np.sum(half**2, axis=1)
                + of_segments.explained
                - log_det
                + prior_log_det
                - of_segments.log_det
            )

    def posterior(
        self, log_prior: np.ndarray, *, sizes: np.ndarray, moments: np.ndarray
    ) -> Posterior:
        """Return the posterior of the corrections.

        Parameters
        ----------
        log_prior
            (A, B, M) of the grid.
        sizes
            (S,) customers.
        moments
            Positions in ``age_days`` of what is asked for, today (0) first.
        """
        log_weights = self.log_likelihood + log_prior
        weights = np.exp(log_weights - log_weights.max())
        weights[weights < NEGLIGIBLE] = 0.0
        weights /= weights.sum()

        mixture = _Mixture(sizes, len(moments))
        for (b, m), of_segments in self._effects.items():
            kept = np.flatnonzero(weights[:, b, m])
            if len(kept):
                covariance = np.linalg.inv(self._prior_precision[kept] + of_segments.precision)
                mixture.add(weights[kept, b, m], of_segments, covariance, moments)
        return mixture.posterior(weights)


class _Effects:
    """Segment effects given τ and memory: what eliminating them leaves of the level and δ."""

    def __init__(
        self, seen: Observations, variance: np.ndarray, correlation: np.ndarray, has_bias: bool
    ) -> None:
        self.seen, self.has_bias = seen, has_bias
        prior = variance[:, None, None] * correlation
        shrink = np.eye(len(correlation)) + prior * seen.precision[:, None, :]
        # Covariance of a segment's effects given the level: (K⁻¹ + P)⁻¹, for singular K as well.
        self.covariance = np.linalg.solve(shrink, prior)
        self.log_det = float(np.linalg.slogdet(shrink)[1].sum())
        self.mean = np.einsum("stu,su->st", self.covariance, seen.information)
        self.explained = float(np.sum(self.mean * seen.information))
        self.of_bias = np.einsum("stu,su->st", self.covariance, seen.ordinary_precision)
        self.precision, self.information = self._of_level()

    def _of_level(self) -> tuple[np.ndarray, np.ndarray]:
        """Return precision and information of the level (and of δ) with the effects eliminated."""
        seen, moments = self.seen, len(self.seen.age_days)
        size = moments + self.has_bias
        precision, information = np.zeros((size, size)), np.zeros(size)
        precision[:moments, :moments] = np.diag(seen.precision.sum(axis=0)) - np.einsum(
            "st,stu,su->tu", seen.precision, self.covariance, seen.precision
        )
        information[:moments] = np.sum(seen.information - seen.precision * self.mean, axis=0)
        if self.has_bias:
            column = np.sum(seen.ordinary_precision - seen.precision * self.of_bias, axis=0)
            precision[:moments, -1] = precision[-1, :moments] = column
            precision[-1, -1] = np.sum(seen.ordinary_precision * (1 - self.of_bias))
            information[-1] = np.sum(
                seen.ordinary_information - seen.ordinary_precision * self.mean
            )
        return precision, information

    def loadings(self, moments: np.ndarray) -> np.ndarray:
        """Return (moments, S, T or T + 1): how x at each depends on the level and on δ."""
        load = -self.covariance[:, moments] * self.seen.precision[:, None, :]
        load[:, np.arange(len(moments)), moments] += 1
        if self.has_bias:
            load = np.concatenate([load, -self.of_bias[:, moments, None]], axis=2)
        return load.swapaxes(0, 1)


class _Mixture:
    """Means and second moments of the corrections, added up by the weights of the grid."""

    def __init__(self, sizes: np.ndarray, moments: int) -> None:
        self.sizes = sizes
        shape = (moments, len(sizes))
        self.mean, self.product, self.square = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self.with_total, self.total_product = np.zeros(len(sizes)), np.zeros(len(sizes))
        self.bias = self.bias_square = 0.0

    def add(
        self, weights: np.ndarray, effects: _Effects, covariance: np.ndarray, moments: np.ndarray
    ) -> None:
        """Add combinations that differ in the level's step only: (kept, T, T) covariances of it."""
        loadings = effects.loadings(moments)
        level = covariance @ effects.information
        mean = np.einsum("lst,at->als", loadings, level) + effects.mean[:, moments].T
        spread = loadings[0] @ covariance
        together = np.einsum("ast,lst->als", spread, loadings)
        together += effects.covariance[:, moments[0], moments].T
        alone = np.sum((loadings @ covariance[:, None]) * loadings, axis=-1)
        alone += effects.covariance[:, moments, moments].T
        own = effects.covariance[:, moments[0], moments[0]]
        with_total = spread @ (self.sizes @ loadings[0]) + own * self.sizes
        total = mean[:, 0] @ self.sizes
        self.mean += np.tensordot(weights, mean, 1)
        self.product += np.tensordot(weights, together + mean * mean[:, :1], 1)
        self.square += np.tensordot(weights, alone + mean**2, 1)
        self.with_total += weights @ with_total
        self.total_product += weights * total @ mean[:, 0]
        if effects.has_bias:
            bias = level[:, -1]
            self.bias += weights @ bias
            self.bias_square += weights @ (covariance[:, -1, -1] + bias**2)

    def posterior(self, weights: np.ndarray) -> Posterior:
        total = self.mean[0] @ self.sizes
        return Posterior(
            mean=self.mean,
            covariance=self.product - self.mean * self.mean[0],
            variance=self.square - self.mean**2,
            covariance_with_total=self.with_total + self.total_product - self.mean[0] * total,
            response_bias=float(self.bias),
            response_bias_sd=float(np.sqrt(max(self.bias_square - self.bias**2, 0.0))),
            weights=weights,
        )


@lru_cache(maxsize=8)
def _prior_of_level(
    age_days: tuple[float, ...],
    level_sds: tuple[tuple[float, float], ...],
    response_bias_sd: float | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the prior precision of each of the grid's levels, and its log determinant.

    All segments of all days share them.
    """
    precision = np.stack(
        [
            _prior_precision(np.array(age_days), walk_sd, shock_sd, response_bias_sd)
            for walk_sd, shock_sd in level_sds
        ]
    )
    return precision, np.linalg.slogdet(precision)[1]


def _prior_precision(
    age_days: np.ndarray, walk_sd: float, shock_sd: float, response_bias_sd: float | None
) -> np.ndarray:
    """Return the prior precision of the level at T moments, and of δ where it is free."""
    link = 1 / (walk_sd**2 * np.diff(age_days))
    walk = np.diag(np.r_[link, 0.0] + np.r_[0.0, link])
    walk -= np.diag(link, 1) + np.diag(link, -1)
    walk[0, 0] += LEVEL_PRIOR_SD**-2
    precision = walk
    if shock_sd > 0:
        apart = np.abs(age_days[:, None] - age_days[None, :])
        shocks = np.linalg.inv(shock_sd**2 * np.exp(-apart / SHOCK_MEMORY_DAYS))
        # Of a sum of independent parts: (walk⁻¹ + shocks⁻¹)⁻¹, without inverting the walk, whose
        # covariance is singular but for the wide prior.
        precision = walk @ np.linalg.solve(walk + shocks, shocks)
        precision = (precision + precision.T) / 2
    if response_bias_sd is not None:
        precision = np.pad(precision, (0, 1))
        precision[-1, -1] = response_bias_sd**-2
    return precision
