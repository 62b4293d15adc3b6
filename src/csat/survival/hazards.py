"""How the hazard of leaving goes with what is known beforehand (Cox 1972)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from csat.survival.errors import SurvivalError

MOST_STEPS = 50
#: Newton's method stops where a step changes the logarithms by less.
TOLERANCE = 1e-10


@dataclass(frozen=True, eq=False)
class HazardRatios:
    """Factors of the hazard per unit of each covariate, (p,) arrays.

    Parameters
    ----------
    ratio
        exp β; NaN with ``reason`` where it cannot be told.
    log_ratio, std_error
        β and its standard error.
    conf_low, conf_high
        exp(β ± z standard errors).
    covariance
        (p, p) of β.
    left
        Who left, of all strata that tell something.
    reason
        Why nothing is told, null where it is.
    """

    ratio: np.ndarray
    log_ratio: np.ndarray
    std_error: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    covariance: np.ndarray
    left: int
    reason: str | None = None


def hazard_ratios(
    stratum: Sequence[int] | np.ndarray,
    covariates: np.ndarray,
    at_risk: Sequence[float] | np.ndarray,
    left: Sequence[float] | np.ndarray,
    confidence: float = 0.95,
) -> HazardRatios:
    """Estimate hazard ratios by the partial likelihood, from cells of customers alike.

    With moments (strata) s, cells c of customers with the same covariates x_c, of whom n_c are
    there and d_c leave,

        log L(β) = Σ_c d_c x_c'β - Σ_s D_s log Σ_{c in s} n_c exp(x_c'β),    D_s = Σ_{c in s} d_c

    (Breslow 1974 for ties). What all customers have in common at a moment drops out, so the hazard
    may move over time as it likes. Ties pull ratios to 1 where many of those at risk leave at one
    moment, a quarter, say; of a week in which one in a thousand leaves nothing shows.

    Parameters
    ----------
    stratum
        (c,) moment of each cell.
    covariates
        (c, p), or (c,) for one, as known before the moment.
    at_risk, left
        (c,) n_c and d_c.
    confidence
        Of the intervals, between 0 and 1.

    Raises
    ------
    SurvivalError
        If shapes differ, or more leave than are there.
    """
    s, n, d = (np.asarray(values) for values in (stratum, at_risk, left))
    n, d = n.astype(np.float64), d.astype(np.float64)
    x = np.asarray(covariates, dtype=np.float64)
    x = x[:, None] if x.ndim == 1 else x
    if not (len(x) == len(s) == len(n) == len(d)):
        raise SurvivalError("Cells differ in number: give stratum, covariates and counts of each.")
    if (d < 0).any() or (d > n).any():
        raise SurvivalError("More leave than are at risk, or fewer than none: count them anew.")
    _, place = np.unique(s, return_inverse=True)
    strata = int(place.max(initial=-1)) + 1
    total = np.bincount(place, d, strata)
    told = (total > 0)[place] & (n > 0)
    x, n, d, place = x[told], n[told], d[told], place[told]
    events, width = d.sum(), x.shape[1]
    if not events:
        return _nothing(width, 0, "Nobody left.")
    center = np.average(x, axis=0, weights=n)
    x = x - center
    beta = np.zeros(width)
    for number in range(MOST_STEPS):
        gradient, information = _derivatives(beta, x, n, d, place, total)
        if np.linalg.eigvalsh(information)[0] <= 1e-9 * events:
            # At the start all weigh the same; later the likelihood rises for ever.
            if number == 0:
                return _nothing(
                    width, int(events), "Who left and who stayed were alike in what is compared."
                )
            break
        step = np.linalg.solve(information, gradient)
        # Never so far that a sum of exponentials overflows.
        step *= min(1.0, 2.0 / max(np.abs(step).max(), 1e-300))
        beta = beta + step
        if np.abs(step).max() < TOLERANCE:
            _, information = _derivatives(beta, x, n, d, place, total)
            covariance = np.linalg.inv(information)
            error = np.sqrt(np.diag(covariance))
            z = ndtri(0.5 + confidence / 2)
            return HazardRatios(
                np.exp(beta),
                beta,
                error,
                np.exp(beta - z * error),
                np.exp(beta + z * error),
                covariance,
                int(events),
            )
    return _nothing(width, int(events), "Too few left to tell: a group has all or none of them.")


def _derivatives(
    beta: np.ndarray,
    x: np.ndarray,
    n: np.ndarray,
    d: np.ndarray,
    place: np.ndarray,
    total: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradient of log L, and minus its second derivatives."""
    weight = n * np.exp(x @ beta)
    strata, width = len(total), x.shape[1]
    sums = np.bincount(place, weight, strata)
    safe = np.where(sums > 0, sums, 1.0)
    means = np.stack(
        [np.bincount(place, weight * x[:, j], strata) / safe for j in range(width)], axis=1
    )
    gradient = d @ x - total @ means
    apart = x - means[place]
    share = (total / safe)[place] * weight
    return gradient, (apart * share[:, None]).T @ apart


def _nothing(width: int, left: int, reason: str) -> HazardRatios:
    unknown = np.full(width, np.nan)
    covariance = np.full((width, width), np.nan)
    return HazardRatios(
        unknown, unknown, unknown, unknown, unknown, covariance, left, reason=reason
    )
