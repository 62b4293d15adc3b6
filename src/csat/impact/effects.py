"""Effects with intervals, made from influence values summed per customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from csat.impact.comparison import Comparison, Contrasts

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
        (customers,) Ψ, summed over the blocks; the variance is Σ Ψ², and ``unseen``.
    treated, control
        The means of the arms, averaged alike.
    unseen
        Variance that few answers have and do not show.
    """

    estimate: float
    influence: np.ndarray
    treated: float
    control: float
    unseen: float = 0.0

    @property
    def std_error(self) -> float:
        """Root of the variance."""
        return float(np.sqrt(self.influence @ self.influence + self.unseen))

    def plus(self, other: Average, factor: float = 1.0) -> Average:
        """Return the sum with so many times another one."""
        return Average(
            self.estimate + factor * other.estimate,
            self.influence + factor * other.influence,
            self.treated + factor * other.treated,
            self.control + factor * other.control,
            self.unseen + factor**2 * other.unseen,
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
    parts: Sequence[tuple[Comparison, Contrasts]],
    customers: int,
    of: Sequence[np.ndarray] | None = None,
) -> list[Average | None]:
    """Average each contrast over the blocks that have it, by the customers who enrolled.

    The customers of a block are drawn as well: who is treated in block b adds (θ_b - θ) / Σ n to
    the influence.

    Parameters
    ----------
    parts
        Blocks with the same contrasts of each.
    customers
        Number of customers of the panel.
    of
        (rows,) of each block that count; all where not given.

    Returns
    -------
    list of Average or None
        One per contrast, null where no block has it.
    """
    members = [True] * len(parts) if of is None else of
    treated = [
        np.where(one.rows.is_treated & is_in, one.weight, 0.0)
        for (one, _), is_in in zip(parts, members, strict=True)
    ]
    is_told = np.array([contrasts.is_told for _, contrasts in parts])
    sizes = np.where(is_told, np.array([weight.sum() for weight in treated])[:, None], 0.0)
    total = sizes.sum(axis=0)
    # Nobody is averaged over where no block has a contrast.
    total = np.where(is_told.any(axis=0), total, 1.0)
    share = sizes / total
    estimate, of_treated, of_control = (
        (share * [getattr(contrasts, name) for _, contrasts in parts]).sum(axis=0)
        for name in ("estimate", "treated", "control")
    )
    # Blocks have other answers, so that their variances add up.
    unseen = (share**2 * [contrasts.unseen for _, contrasts in parts]).sum(axis=0)
    influence = np.zeros((len(estimate), customers))
    for (one, contrasts), weight, part, told in zip(parts, treated, share, is_told, strict=True):
        drawn = np.where(told, (contrasts.estimate - estimate) / total, 0.0)
        arm = np.flatnonzero(weight)
        own = one.influence_of(contrasts)
        own *= part[:, None]
        own[:, arm] += drawn[:, None] * weight[arm]
        for place in np.flatnonzero(told):
            influence[place] += np.bincount(one.rows.customer, own[place], customers)
    return [
        Average(*found) if told else None
        for *found, told in zip(
            map(float, estimate),
            influence,
            map(float, of_treated),
            map(float, of_control),
            map(float, unseen),
            is_told.any(axis=0),
            strict=True,
        )
    ]
