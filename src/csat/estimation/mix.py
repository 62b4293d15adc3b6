"""What of a change is mix and what is within, and comparisons with the mix held equal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from csat.estimation.residuals import EstimationError
from csat.model.evaluation import wilson_interval

#: A cell's share is drawn to that of its group by so many answers where its variance is estimated:
#: three of three satisfied answers do not prove that a fourth would be.
PRIOR_ANSWERS = 2.0


@dataclass(frozen=True, eq=False)
class MixDecomposition:
    """A change of a total, split by group; within and mix add up to it exactly.

    Parameters
    ----------
    change
        Of the total, in the unit of the means.
    within
        (G,) what the group's own mean moved the total by.
    mix
        (G,) what the group's share moved it by: above 0 where a group above the total grew, or
        one below it shrank.
    """

    change: float
    within: np.ndarray
    mix: np.ndarray


def decompose_change(
    size_before: np.ndarray,
    mean_before: np.ndarray,
    size_after: np.ndarray,
    mean_after: np.ndarray,
) -> MixDecomposition:
    """Split the change of a total into what happened within groups and to their shares.

    With shares s, means m and totals M = Σ s m of the two periods, and Δ and bars for their
    differences and midpoints,

        within_g = s̄_g Δm_g,    mix_g = Δs_g (m̄_g - M̄),    Σ (within_g + mix_g) = ΔM,

    symmetric in time (Marshall 1885; Edgeworth 1887). M̄ takes nothing from the sum, because shares
    add up to 1, and makes a mix effect zero where a group is like the total. A group that is in one
    of the periods only has the same mean in both: coming and going is mix.

    Parameters
    ----------
    size_before, size_after
        (G,) customers or answers, not negative; shares are made of them.
    mean_before, mean_after
        (G,); NaN where the size is 0.

    Raises
    ------
    EstimationError
        If a period is empty, or a group with members has no mean.
    """
    sizes = np.array([size_before, size_after], dtype=np.float64)
    means = np.array([mean_before, mean_after], dtype=np.float64)
    if (sizes < 0).any() or not (sizes.sum(axis=1) > 0).all():
        raise EstimationError("Sizes must not be below 0, and each period needs a group above 0.")
    if np.isnan(means[sizes > 0]).any():
        raise EstimationError("A group with members needs a mean: leave it out of both periods.")
    shares = sizes / sizes.sum(axis=1, keepdims=True)
    for one, other in ((0, 1), (1, 0)):
        means[one] = np.where(
            sizes[one] > 0, means[one], np.where(sizes[other] > 0, means[other], 0)
        )
    totals = np.sum(shares * means, axis=1)
    return MixDecomposition(
        change=float(totals[1] - totals[0]),
        within=shares.mean(axis=0) * (means[1] - means[0]),
        mix=(shares[1] - shares[0]) * (means.mean(axis=0) - totals.mean()),
    )


@dataclass(frozen=True, eq=False)
class StandardisedShares:
    """Shares of G groups at the same mix, in points, (G,) arrays; NaN where there is none.

    Parameters
    ----------
    estimate, std_error, conf_low, conf_high
        Within 0 and 100; Wilson's interval with the effective answers.
    n, effective_n
        Answers, and how many of one and the same mix would be as uncertain.
    covered_share
        Share of the mix, 0 to 1, in which the group has answers.
    reason
        Why there is no estimate, otherwise null.
    """

    estimate: np.ndarray
    std_error: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    n: np.ndarray
    effective_n: np.ndarray
    covered_share: np.ndarray
    reason: np.ndarray


def standardise(
    satisfied: np.ndarray,
    answers: np.ndarray,
    mix: np.ndarray,
    *,
    min_covered: float = 0.8,
    confidence: float = 0.95,
) -> StandardisedShares:
    """Return what each group's share would be at one mix of cells (direct standardisation).

    θ_g = Σ_k π_k y_gk / n_gk over the cells in which the group has answers, π rescaled to them.
    Its variance is Σ π_k² p (1 - p) / n_gk with the cell's share drawn to the group's; the interval
    is Wilson's with the answers n* for which θ (1 - θ) / n* is that variance.

    Parameters
    ----------
    satisfied, answers
        (G, K) satisfied and all answers of each group in each cell, such as channel × topic.
    mix
        (K,) sizes of the cells, the same for all groups.
    min_covered
        A group with answers in less than this share of the mix has no estimate.
    """
    satisfied, n, mix = (np.asarray(x, dtype=np.float64) for x in (satisfied, answers, mix))
    if n.shape != satisfied.shape or n.shape[1:] != mix.shape or not mix.sum() > 0:
        raise EstimationError(
            f"satisfied {satisfied.shape}, answers {n.shape} and mix {mix.shape} must be (G, K), "
            "(G, K) and (K,), the mix above 0."
        )
    mix = mix / mix.sum()
    has_answers = n > 0
    covered = has_answers @ mix
    known = (covered >= min_covered) & (covered > 0)
    weight = np.where(has_answers, mix, 0.0) / np.where(covered > 0, covered, 1.0)[:, None]
    count = np.where(has_answers, n, 1.0)
    estimate = np.sum(weight * satisfied / count, axis=1)
    own = satisfied.sum(axis=1) / np.maximum(n.sum(axis=1), 1.0)
    drawn = (satisfied + PRIOR_ANSWERS * own[:, None]) / (n + PRIOR_ANSWERS)
    variance = np.sum(weight**2 * drawn * (1 - drawn) / count, axis=1)
    middle = np.sum(weight * drawn, axis=1)
    # Where all answers are the same the variance is 0, and the effective answers are those of the
    # weights alone.
    alike = 1 / np.where(known, np.sum(weight**2 / count, axis=1), 1.0)
    effective = np.where(
        variance > 0, middle * (1 - middle) / np.where(variance > 0, variance, 1.0), alike
    )
    z = ndtri(0.5 + confidence / 2)
    share = np.clip(estimate, 0.0, 1.0)
    low, high = wilson_interval(share, np.where(known, effective, 1.0), z)

    def points(values: np.ndarray) -> np.ndarray:
        return np.where(known, 100 * values, np.nan)

    return StandardisedShares(
        estimate=points(estimate),
        std_error=points(np.sqrt(variance)),
        conf_low=points(low),
        conf_high=points(high),
        n=n.sum(axis=1),
        effective_n=np.where(known, effective, np.nan),
        covered_share=covered,
        reason=np.where(known, None, f"Answers in less than {100 * min_covered:.0f} % of the mix."),
    )
