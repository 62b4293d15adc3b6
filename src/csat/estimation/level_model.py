"""The linear Gaussian model of surveyed residuals: a moving level, segment effects, response bias.

The mean residual of segment s on day t, in points, from W = Σ w answers' weight:

    r̄_s(t) = e(t) + u_s(t) + δ [not gold] + noise,    noise ~ N(0, φ_s / W)

e is a random walk with standard deviation q a day. u_s is a stationary process with variance
τ² + c_s and correlation exp(-days / memory), as in Rao and Yu (1994); with endless memory it is the
constant effect of Fay and Herriot (1979). δ is the bias that weights cannot see; gold answers do
not have it. Given (q, τ, memory) all is Gaussian and exact; these three are integrated over a grid.

The noise has variance φ / W, not Σ w² m (1 - m) / W² of the very cell: so that a sum over cells is
again Σ w r / Σ w. With a cell's own variance the weights of single answers would cancel, and with
them what they correct.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: Prior standard deviation, in points, of today's level: as good as free.
LEVEL_PRIOR_SD = 100.0
#: Combinations of the grid with less than this of the most likely one's weight are left out.
NEGLIGIBLE = 1e-5


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
    level_sd
        (A,) of the level's step from one day to the next, above 0.
    segment_sd
        (B,) of segment effects; only 0 for a model without them.
    memory_days
        (M,) after which the correlation of a segment's effect has fallen to 1/e; may be infinite.
    log_prior
        (A, B, M).
    """

    level_sd: np.ndarray
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
        (moments, S) of today's x_s with that of the moment; the first row is the variance.
    covariance_with_total
        (S,) of today's x_s with Σ_s' size_s' x_s'.
    response_bias, response_bias_sd
        δ; 0 and 0 where it is not free.
    log_likelihood
        (A, B, M) of the grid, up to a constant.
    weights
        (A, B, M), the grid's posterior; adds up to 1.
    """

    mean: np.ndarray
    covariance: np.ndarray
    covariance_with_total: np.ndarray
    response_bias: float
    response_bias_sd: float
    log_likelihood: np.ndarray
    weights: np.ndarray


def flat_prior(values: Sequence[float]) -> np.ndarray:
    """Return the trapezoidal weights of grid points, so that unevenly spaced ones mean "flat"."""
    points = np.asarray(values, dtype=np.float64)
    if len(points) == 1:
        return np.ones(1)
    edges = np.concatenate([points[:1], (points[1:] + points[:-1]) / 2, points[-1:]])
    return np.diff(edges) / (points[-1] - points[0])


def solve(
    seen: Observations,
    grid: Grid,
    *,
    own_variance: np.ndarray,
    sizes: np.ndarray,
    moments: np.ndarray,
    blocks: np.ndarray,
    response_bias_sd: float | None,
) -> Posterior:
    """Return the posterior of the corrections.

    u is eliminated segment by segment (J × J each), what is left is the level at T moments and δ.

    Parameters
    ----------
    own_variance
        (S,) c_s, in points².
    sizes
        (S,) customers.
    moments
        Positions in ``age_days`` of what is asked for, today (0) first.
    blocks
        (T,) number 0 … J - 1 of the stretch of time of each moment: a segment's effect is held
        constant within, as of its newest moment.
    response_bias_sd
        Prior standard deviation of δ in points; null where δ is 0.
    """
    segment = _SegmentSums(seen, blocks, response_bias_sd is not None)
    starts = seen.age_days[np.searchsorted(blocks, np.arange(blocks[-1] + 1))]
    apart = np.abs(starts[:, None] - starts[None, :])
    walks = [_walk(seen.age_days, sd, response_bias_sd) for sd in grid.level_sd]
    prior_precision = np.stack([walk for walk, _ in walks])
    prior_log_det = np.array([log_det for _, log_det in walks])

    shape = grid.log_prior.shape
    log_likelihood = np.empty(shape)
    for b, tau in enumerate(grid.segment_sd):
        for m, memory in enumerate(grid.memory_days):
            effects = _Effects(segment, (tau**2 + own_variance), np.exp(-apart / memory))
            precision = prior_precision + effects.precision
            lower = np.linalg.cholesky(precision)
            log_det = 2 * np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
            half = np.linalg.solve(
                lower, np.broadcast_to(effects.information[:, None], (*lower.shape[:2], 1))
            )[..., 0]
            log_likelihood[:, b, m] = 0.5 * (
                np.sum(half**2, axis=1)
                + effects.explained
                - log_det
                + prior_log_det
                - effects.log_det
            )
    log_weights = log_likelihood + grid.log_prior
    weights = np.exp(log_weights - log_weights.max())
    weights[weights < NEGLIGIBLE] = 0.0
    weights /= weights.sum()

    mixture = _Mixture(sizes)
    for b, tau in enumerate(grid.segment_sd):
        for m, memory in enumerate(grid.memory_days):
            if not weights[:, b, m].any():
                continue
            effects = _Effects(segment, (tau**2 + own_variance), np.exp(-apart / memory))
            for a in np.flatnonzero(weights[:, b, m]):
                covariance = np.linalg.inv(prior_precision[a] + effects.precision)
                mixture.add(weights[a, b, m], effects, covariance, moments)
    return mixture.posterior(log_likelihood, weights, response_bias_sd is not None)


class _SegmentSums:
    """Precision and information with a last column for δ where it is free, and their block sums."""

    def __init__(self, seen: Observations, blocks: np.ndarray, has_bias: bool) -> None:
        self.blocks = blocks
        self.has_bias = has_bias
        self.precision = seen.precision
        self.information = seen.information
        self.ordinary_total = seen.ordinary_precision.sum()
        self.ordinary_information = seen.ordinary_information.sum()
        member = (blocks[:, None] == np.arange(blocks[-1] + 1)).astype(np.float64)
        self.block_precision = seen.precision @ member
        self.block_ordinary = seen.ordinary_precision @ member
        self.block_information = seen.information @ member
        self.ordinary_by_moment = seen.ordinary_precision.sum(axis=0)


class _Effects:
    """Segment effects given τ and memory: what eliminating them leaves of the level and δ."""

    def __init__(self, sums: _SegmentSums, variance: np.ndarray, correlation: np.ndarray) -> None:
        self.sums = sums
        prior = variance[:, None, None] * correlation
        shrink = np.eye(len(correlation)) + prior * sums.block_precision[:, None, :]
        # Covariance of a segment's effects given the level: (K⁻¹ + G)⁻¹, for singular K as well.
        self.covariance = np.linalg.solve(shrink, prior)
        self.log_det = float(np.linalg.slogdet(shrink)[1].sum())
        self.mean = np.einsum("sjk,sk->sj", self.covariance, sums.block_information)
        self.explained = float(np.sum(self.mean * sums.block_information))
        self.of_bias = np.einsum("sjk,sk->sj", self.covariance, sums.block_ordinary)
        self.precision, self.information = self._of_level()

    def _of_level(self) -> tuple[np.ndarray, np.ndarray]:
        sums, blocks = self.sums, self.sums.blocks
        moments = len(blocks)
        size = moments + sums.has_bias
        precision, information = np.zeros((size, size)), np.zeros(size)
        for block in range(blocks[-1] + 1):
            here = np.flatnonzero(blocks == block)
            spread = self.covariance[:, block, :][:, blocks] * sums.precision
            precision[here, :moments] = -sums.precision[:, here].T @ spread
        precision[np.arange(moments), np.arange(moments)] += sums.precision.sum(axis=0)
        information[:moments] = np.sum(
            sums.information - sums.precision * self.mean[:, blocks], axis=0
        )
        if sums.has_bias:
            column = sums.ordinary_by_moment - np.sum(
                sums.precision * self.of_bias[:, blocks], axis=0
            )
            precision[:moments, -1] = precision[-1, :moments] = column
            precision[-1, -1] = sums.ordinary_total - np.sum(sums.block_ordinary * self.of_bias)
            information[-1] = sums.ordinary_information - np.sum(sums.block_ordinary * self.mean)
        return precision, information

    def loadings(self, moment: int) -> np.ndarray:
        """Return (S, T or T + 1): how x at a moment depends on the level and on δ."""
        sums, block = self.sums, self.sums.blocks[moment]
        load = -self.covariance[:, block, :][:, sums.blocks] * sums.precision
        load[:, moment] += 1
        if sums.has_bias:
            load = np.column_stack([load, -self.of_bias[:, block]])
        return load


class _Mixture:
    """Means, covariances and products of means, added up by the weights of the grid."""

    def __init__(self, sizes: np.ndarray) -> None:
        self.sizes = sizes
        self.mean = self.product = self.within = 0.0
        self.with_total = self.total_product = 0.0
        self.bias = self.bias_square = 0.0

    def add(
        self, weight: float, effects: _Effects, covariance: np.ndarray, moments: np.ndarray
    ) -> None:
        blocks = effects.sums.blocks
        level = covariance @ effects.information
        today = effects.loadings(moments[0])
        spread = today @ covariance
        means, within = [], []
        for moment in moments:
            load = effects.loadings(moment)
            means.append(load @ level + effects.mean[:, blocks[moment]])
            within.append(
                np.sum(spread * load, axis=1)
                + effects.covariance[:, blocks[moments[0]], blocks[moment]]
            )
        mean = np.stack(means)
        own = effects.covariance[:, blocks[moments[0]], blocks[moments[0]]]
        self.mean = self.mean + weight * mean
        self.product = self.product + weight * mean * mean[0]
        self.within = self.within + weight * np.stack(within)
        self.with_total = self.with_total + weight * (
            spread @ (today.T @ self.sizes) + own * self.sizes
        )
        self.total_product = self.total_product + weight * mean[0] * (mean[0] @ self.sizes)
        if effects.sums.has_bias:
            self.bias += weight * level[-1]
            self.bias_square += weight * (covariance[-1, -1] + level[-1] ** 2)

    def posterior(
        self, log_likelihood: np.ndarray, weights: np.ndarray, has_bias: bool
    ) -> Posterior:
        between = self.product - self.mean * self.mean[0]
        total = self.mean[0] @ self.sizes
        return Posterior(
            mean=self.mean,
            covariance=self.within + between,
            covariance_with_total=self.with_total + self.total_product - self.mean[0] * total,
            response_bias=float(self.bias),
            response_bias_sd=float(np.sqrt(max(self.bias_square - self.bias**2, 0.0))),
            log_likelihood=log_likelihood,
            weights=weights,
        )


def _walk(
    age_days: np.ndarray, level_sd: float, response_bias_sd: float | None
) -> tuple[np.ndarray, float]:
    """Return the prior precision of the level (and of δ), and the logarithm of its determinant."""
    step = 1 / (level_sd**2 * np.diff(age_days))
    size = len(age_days) + (response_bias_sd is not None)
    precision = np.zeros((size, size))
    newer = np.arange(len(step))
    precision[newer, newer] += step
    precision[newer + 1, newer + 1] += step
    precision[newer, newer + 1] = precision[newer + 1, newer] = -step
    precision[0, 0] += LEVEL_PRIOR_SD**-2
    log_det = -2 * np.log(LEVEL_PRIOR_SD) + np.sum(np.log(step))
    if response_bias_sd is not None:
        precision[-1, -1] = response_bias_sd**-2
        log_det -= 2 * np.log(response_bias_sd)
    return precision, float(log_det)
