"""Effects with intervals, made from influence values summed per customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from csat.impact.comparison import Comparison, Contrast

#: A true effect of so many standard errors is told, at 95 %, in 80 % of the cases: 1.96 + 0.84.
TELLS = 2.8


@dataclass(frozen=True)
class Effect:
    """An effect in points with its interval; null, with ``reason``, where nothing can be told.

    ``n`` is the number of answers behind it.
    """

    estimate: float | None
    std_error: float | None
    conf_low: float | None
    conf_high: float | None
    n: int
    reason: str | None = None

    @property
    def smallest_told(self) -> float | None:
        """The smallest true effect, in points, that would be told in four of five cases."""
        return None if self.std_error is None else TELLS * self.std_error


def no_effect(n: int, reason: str) -> Effect:
    """Return that nothing can be told, and why."""
    return Effect(None, None, None, None, n, reason)


@dataclass(frozen=True, eq=False)
class Average:
    """A contrast averaged over blocks of cohorts.

    Parameters
    ----------
    estimate
        Σ_b n_b θ_b / Σ_b n_b, n_b the customers of block b who enrolled.
    influence
        (customers,) Ψ, summed over the blocks; the variance is Σ Ψ².
    treated, control
        The means of the arms, averaged alike.
    """

    estimate: float
    influence: np.ndarray
    treated: float
    control: float

    @property
    def std_error(self) -> float:
        """Root of Σ Ψ²."""
        return float(np.sqrt(self.influence @ self.influence))

    def plus(self, other: Average, factor: float = 1.0) -> Average:
        """Return the sum with so many times another one."""
        return Average(
            self.estimate + factor * other.estimate,
            self.influence + factor * other.influence,
            self.treated + factor * other.treated,
            self.control + factor * other.control,
        )

    def effect(self, n: float, confidence: float) -> Effect:
        """Return the effect with its interval."""
        half = float(ndtri(0.5 + confidence / 2)) * self.std_error
        return Effect(
            self.estimate,
            self.std_error,
            self.estimate - half,
            self.estimate + half,
            round(n),
        )


def average(
    parts: Sequence[tuple[Comparison, Contrast | None]],
    customers: int,
    of: Sequence[np.ndarray] | None = None,
) -> Average | None:
    """Average contrasts over the blocks that have one, by the customers who enrolled.

    The customers of a block are drawn as well: who is treated in block b adds (θ_b - θ) / Σ n to
    the influence.

    Parameters
    ----------
    parts
        Blocks with the contrast of each, null where it has none.
    customers
        Number of customers of the panel.
    of
        (rows,) of each block that count; all where not given.

    Returns
    -------
    Average or None
        Null where no block has a contrast.
    """
    members = [True] * len(parts) if of is None else of
    told = [
        (comparison, contrast, np.where(comparison.rows.is_treated & is_in, comparison.weight, 0.0))
        for (comparison, contrast), is_in in zip(parts, members, strict=True)
        if contrast is not None
    ]
    if not told:
        return None
    sizes = np.array([treated.sum() for *_, treated in told])
    share = sizes / sizes.sum()
    estimate, of_treated, of_control = (
        float(share @ [getattr(contrast, name) for _, contrast, _ in told])
        for name in ("estimate", "treated", "control")
    )
    influence = np.zeros(customers)
    for part, (comparison, contrast, treated) in zip(share, told, strict=True):
        drawn = treated / sizes.sum() * (contrast.estimate - estimate)
        own = part * comparison.influence_of(contrast) + drawn
        influence += np.bincount(comparison.rows.customer, own, customers)
    return Average(estimate, influence, of_treated, of_control)
