"""Contributions in points: exact, without leftover (docs: drivers; the secant rule).

With p* the mean probability of the base and η* = logit p*, each customer has a secant slope
s_i = 100 (p_i - p*) / (η_i - η*), the slope 100 p* (1 - p*) where they are equal. With
f*_j = Σ_i s_i f_ij / Σ_i s_i, points_ij = s_i (f_ij - f*_j). Then
β₀ + Σ_j f*_j = η*, because Σ_i s_i (η_i - η*) = 100 Σ_i (p_i - p*) = 0; so for each customer
Σ_j points_ij = 100 (p_i - p*), and each driver averages 0 over the base.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csat.model.features import ModelError
from csat.model.logistic import logit_of, sigmoid


@dataclass(frozen=True, eq=False)
class Points:
    """Drivers of n customers in points of csat_score.

    Parameters
    ----------
    base_probability, base_logit
        p* and η*; the base's score is 100 p*.
    slopes
        (n,) s_i, points per unit of logit, above 0.
    references
        (drivers,) f*_j, the contribution that counts as no points.
    points
        (n, drivers).
    """

    base_probability: float
    base_logit: float
    slopes: np.ndarray
    references: np.ndarray
    points: np.ndarray


def secant_slopes(logit: np.ndarray, base_logit: float | np.ndarray) -> np.ndarray:
    """Return 100 (p_i - p*) / (η_i - η*), in points per unit of logit.

    η* may be one for all, or each customer's own, such as that of the day before.

    Written as 100 p* (1 - p*) × ((exp(d) - 1) / d) / (1 + p* (exp(d) - 1)) with d = η_i - η*: the
    quotient of differences loses all its digits where the two are nearly equal.
    """
    d = np.asarray(logit, dtype=np.float64) - base_logit
    p, q = sigmoid(np.asarray(base_logit)), sigmoid(-np.asarray(base_logit))
    # exp(-|d|), with numerator and denominator divided by exp(d) where d > 0, cannot overflow.
    small = np.exp(-np.abs(d))
    ratio = np.where(d == 0, 1.0, -np.expm1(-np.abs(d)) / np.where(d == 0, 1.0, np.abs(d)))
    return 100 * p * q * ratio / np.where(d > 0, p + q * small, q + p * small)


def driver_points(
    logit: np.ndarray,
    contributions: np.ndarray,
    reference_logits: np.ndarray | None = None,
    reference_contributions: np.ndarray | None = None,
) -> Points:
    """Return the drivers in points.

    Parameters
    ----------
    logit
        (n,) η_i, the intercept plus the sum of the customer's contributions.
    contributions
        (n, drivers), pairs split half and half (``grouped``).
    reference_logits, reference_contributions
        The base, where it is another one than these n customers; the identities hold over it.

    Raises
    ------
    ModelError
        If the base is empty.
    """
    base = np.asarray(logit if reference_logits is None else reference_logits, dtype=np.float64)
    of_base = contributions if reference_contributions is None else reference_contributions
    if not len(base):
        raise ModelError("There are no customers to compare with: points need a base.")
    p = float(sigmoid(base).mean())
    base_logit = float(logit_of(p))
    weights = secant_slopes(base, base_logit)
    references = weights @ np.asarray(of_base) / weights.sum()
    slopes = secant_slopes(logit, base_logit)
    return Points(
        base_probability=p,
        base_logit=base_logit,
        slopes=slopes,
        references=references,
        points=slopes[:, None] * (np.asarray(contributions) - references),
    )
