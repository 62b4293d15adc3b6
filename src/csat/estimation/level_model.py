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
from scipy.linalg.blas import dsymv
from scipy.linalg.lapack import dpotri

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
        prior_precision, prior_log_det = _prior_of_level(
            tuple(seen.age_days.tolist()),
            tuple(zip(grid.walk_sd.tolist(), grid.shock_sd.tolist(), strict=True)),
            response_bias_sd,
        )
        self._effects = _Effects(seen, grid, own_variance, response_bias_sd is not None)
        self._lower = np.linalg.cholesky(prior_precision[:, None] + self._effects.precision)
        log_det = 2 * np.log(np.diagonal(self._lower, axis1=2, axis2=3)).sum(axis=2)
        half = _forward_solved(self._lower, self._effects.information)
        of_effects = self._effects.explained - self._effects.log_det
        told = 0.5 * (np.sum(half**2, axis=2) - log_det + prior_log_det[:, None] + of_effects)
        self.log_likelihood = told.reshape(grid.log_prior.shape)

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

        return self._mixed(weights, sizes, moments)

    def _mixed(self, weights: np.ndarray, sizes: np.ndarray, moments: np.ndarray) -> Posterior:
        """Return means and second moments of the corrections over the grid.

        At a point of it a correction is loadings × level + mean of its effect, plus noise. The
        loadings do not depend on the steps of the level, so that its covariances at all steps are
        needed in their weighted sum only.
        """
        share = weights.reshape(len(weights), -1).T
        kept = np.flatnonzero(share.any(axis=1))
        share, effects = share[kept], self._effects
        level, spread = self._levels(kept, share)
        loadings = effects.loadings(kept, moments)
        moved = loadings @ spread[:, None]

        def of_noise(first: np.ndarray | int) -> np.ndarray:
            """Return (moments, S) covariance of effects given the level, of two moments."""
            covariance = effects.covariance[kept[:, None], :, first, moments]
            return np.einsum("e,els->ls", share.sum(axis=1), covariance)

        # (kept, moments, S, A)
        means = (loadings.reshape(len(kept), -1, loadings.shape[-1]) @ level).reshape(
            *loadings.shape[:-1], -1
        ) + effects.mean[kept][:, :, moments].swapaxes(1, 2)[..., None]
        weighted = means * share[:, None, None]
        mean = weighted.sum(axis=(0, 3))
        product = np.einsum("elsa,esa->ls", weighted, means[:, 0])
        product += np.einsum("elsn,esn->ls", loadings, moved[:, 0]) + of_noise(moments[0])
        square = np.einsum("elsa,elsa->ls", weighted, means)
        square += np.einsum("elsn,elsn->ls", loadings, moved) + of_noise(moments)
        total_product = np.einsum("esa,ea->s", weighted[:, 0], sizes @ means[:, 0])
        total_product += np.einsum("esn,en->s", moved[:, 0], sizes @ loadings[:, 0])
        total_product += of_noise(moments[0])[0] * sizes
        bias = bias_variance = 0.0
        if effects.has_bias:
            bias = float(np.sum(share * level[:, -1]))
            bias_square = np.sum(share * level[:, -1] ** 2) + spread[:, -1, -1].sum()
            bias_variance = max(float(bias_square) - bias**2, 0.0)
        return Posterior(
            mean=mean,
            covariance=product - mean * mean[0],
            variance=square - mean**2,
            covariance_with_total=total_product - mean[0] * (mean[0] @ sizes),
            response_bias=bias,
            response_bias_sd=float(np.sqrt(bias_variance)),
            weights=weights,
        )

    def _levels(self, kept: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what is known of the level (and of δ) with the effects eliminated.

        Parameters
        ----------
        kept
            Combinations of τ and memory.
        share
            (kept, A) weights; where one is 0, nothing is computed.

        Returns
        -------
        tuple
            (kept, T, A) means, and (kept, T, T) sums of weight × covariance over the steps.
        """
        size = self._lower.shape[-1]
        level, spread = np.zeros((*share.shape, size)), np.zeros((len(kept), size, size))
        for place, step in zip(*np.nonzero(share), strict=True):
            # The factor is there already, and its transpose as LAPACK wants it: one triangle is
            # written.
            upper, _ = dpotri(self._lower[step, kept[place]].T)
            level[place, step] = dsymv(1.0, upper, self._effects.information[kept[place]])
            spread[place] += share[place, step] * upper.T
        spread += np.tril(spread, -1).swapaxes(1, 2)
        return level.swapaxes(1, 2), spread


class _Effects:
    """Segment effects: what eliminating them leaves of the level and δ, for each τ and memory.

    First axes are the E = B × M combinations of these.
    """

    def __init__(
        self, seen: Observations, grid: Grid, own_variance: np.ndarray, has_bias: bool
    ) -> None:
        self.seen, self.has_bias = seen, has_bias
        apart = np.abs(seen.age_days[:, None] - seen.age_days[None, :])
        # One combination at a time: many segments take much memory.
        given_level = [
            _given_level(seen.precision, tau**2 + own_variance, np.exp(-apart / memory))
            for tau in grid.segment_sd
            for memory in grid.memory_days
        ]
        self.covariance = np.stack([covariance for covariance, _ in given_level])
        self.log_det = np.array([log_det for _, log_det in given_level])
        self.mean = np.einsum("estu,su->est", self.covariance, seen.information)
        self.explained = np.einsum("est,st->e", self.mean, seen.information)
        self.of_bias = np.einsum("estu,su->est", self.covariance, seen.ordinary_precision)
        self.precision, self.information = self._of_level()

    def _of_level(self) -> tuple[np.ndarray, np.ndarray]:
        """Return precision and information of the level (and of δ) with the effects eliminated."""
        seen, moments = self.seen, len(self.seen.age_days)
        size = moments + self.has_bias
        precision = np.zeros((len(self.mean), size, size))
        information = np.zeros((len(self.mean), size))
        products = seen.precision[:, :, None] * seen.precision[:, None, :]
        precision[:, :moments, :moments] = np.diag(seen.precision.sum(axis=0)) - np.einsum(
            "estu,stu->etu", self.covariance, products
        )
        information[:, :moments] = np.sum(seen.information - seen.precision * self.mean, axis=1)
        if self.has_bias:
            column = np.sum(seen.ordinary_precision - seen.precision * self.of_bias, axis=1)
            precision[:, :moments, -1] = precision[:, -1, :moments] = column
            precision[:, -1, -1] = np.sum(seen.ordinary_precision * (1 - self.of_bias), axis=(1, 2))
            information[:, -1] = np.sum(
                seen.ordinary_information - seen.ordinary_precision * self.mean, axis=(1, 2)
            )
        return precision, information

    def loadings(self, kept: np.ndarray, moments: np.ndarray) -> np.ndarray:
        """Return (kept, moments, S, T or T + 1): how x at each depends on the level and on δ."""
        load = -self.covariance[np.ix_(kept, range(len(self.seen.precision)), moments)]
        load *= self.seen.precision[:, None, :]
        load[:, :, np.arange(len(moments)), moments] += 1
        if self.has_bias:
            load = np.concatenate([load, -self.of_bias[kept][:, :, moments, None]], axis=3)
        return load.swapaxes(1, 2)


def _given_level(
    precision: np.ndarray, variance: np.ndarray, correlation: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return (S, T, T) covariances of effects given the level, and Σ log |1 + K P| over segments.

    (K⁻¹ + P)⁻¹ = (1 + K P)⁻¹ K, for singular K as well.
    """
    prior = variance[:, None, None] * correlation
    shrink = np.eye(len(correlation)) + prior * precision[:, None, :]
    return np.linalg.solve(shrink, prior), float(np.linalg.slogdet(shrink)[1].sum())


def _forward_solved(lower: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return (..., n) L⁻¹ v of many small triangles: a general solver would factorise each anew."""
    solved = np.zeros(np.broadcast_shapes(lower.shape[:-1], values.shape))
    for row in range(lower.shape[-1]):
        known = np.einsum("...j,...j->...", lower[..., row, :row], solved[..., :row])
        solved[..., row] = (values[..., row] - known) / lower[..., row, row]
    return solved


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
