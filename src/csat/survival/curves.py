"""Survival curves with censoring (Kaplan and Meier 1958)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from csat.survival.errors import SurvivalError


@dataclass(frozen=True, eq=False)
class SurvivalCurve:
    """Share that is still there after each moment, (k,) arrays.

    Parameters
    ----------
    survival
        S, 0 to 1.
    std_error
        By Greenwood's formula; NaN from the moment on at which nobody is left.
    conf_low, conf_high
        Interval on the scale of log(-log S), which stays within 0 and 1. Before the first one has
        left, the lower end is that at which so many stayed by chance (1 - confidence) / 2; where
        nobody is left the upper end is that of the moment before.
    """

    survival: np.ndarray
    std_error: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray

    def median(self, times: Sequence[float]) -> float | None:
        """Return the first of the curve's times at which half or less are there, or none."""
        below = np.flatnonzero(self.survival <= 0.5)
        return float(times[below[0]]) if len(below) else None


def survival_curve(
    at_risk: Sequence[float] | np.ndarray,
    left: Sequence[float] | np.ndarray,
    confidence: float = 0.95,
) -> SurvivalCurve:
    """Estimate a survival curve from counts at successive moments.

        S(t) = Π_{j ≤ t} (1 - d_j / n_j),   Var log S(t) = Σ_{j ≤ t} d_j / (n_j (n_j - d_j)),
        interval S^exp(± z sd(log S) / |log S|)

    (Greenwood 1926; Kalbfleisch and Prentice 2002, 1.4). Who is censored is at risk up to then, and
    no longer counted in n.

    Parameters
    ----------
    at_risk, left
        (k,) n_j, those still there just before moment j, and d_j, those of them who leave at it.
    confidence
        Of the intervals, between 0 and 1.

    Raises
    ------
    SurvivalError
        If more leave than are there, or counts are below 0.
    """
    n, d = (np.asarray(values, dtype=np.float64) for values in (at_risk, left))
    if n.shape != d.shape or n.ndim != 1:
        raise SurvivalError(
            f"There are {n.shape} counts at risk and {d.shape} of those who left: give one of each "
            "per moment."
        )
    if (d < 0).any() or (d > n).any():
        raise SurvivalError("More leave than are at risk, or fewer than none: count them anew.")
    hazard = np.divide(d, n, out=np.zeros_like(d), where=n > 0)
    survival = np.cumprod(1 - hazard)
    nobody = survival <= 0
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(np.where(d > 0, d / (n * (n - d)), 0.0))
        std_error = np.where(nobody, np.nan, survival * np.sqrt(variance))
        z = ndtri(0.5 + confidence / 2)
        reach = np.exp(z * np.sqrt(variance) / np.abs(np.log(survival)))
        low, high = survival**reach, survival ** (1 / reach)
    # Nobody has left: of n who stay with probability p all do with p^n (Clopper and Pearson 1934).
    nothing_yet = survival == 1
    tail = (1 - confidence) / 2
    exact = np.power(tail, 1 / np.maximum(n, 1))
    low = np.where(nothing_yet, np.where(n > 0, exact, 0.0), np.where(nobody, 0.0, low))
    high = np.where(nothing_yet, 1.0, high)
    if nobody.any():
        first = int(np.argmax(nobody))
        high[first:] = high[first - 1] if first else 1.0
    return SurvivalCurve(survival, std_error, low, high)
