"""Whom to ask next, so that the intervals of the segments that matter shrink most.

An answer of a customer in segment s adds 1/σ² to the precision 1/V_s of its estimate, and an
invitation adds that with the propensity π of an answer. The plan minimises Σ_s priority_s V_s, V_s
as expected after it: each invitation in turn goes to whoever lowers the sum most (the gain of one
more never grows, so that greedy is near the optimum: Nemhauser, Wolsey and Fisher 1978).

A part is drawn at random all the same. Chosen customers are alike: likely to answer, in segments
with few answers. Whoever is never chosen could never be spoken for by a weight; with the random
part each customer who may be asked has a known chance above 0, so that the survey stays a
probability sample, and what the model gets wrong about the others can show.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csat.estimation.residuals import EstimationError

#: Variance of one answer in points², at 70 % satisfied.
ANSWER_VARIANCE = 2100.0
#: Invitations are given out in so many rounds; within a round variances are held.
ROUNDS = 25


@dataclass(frozen=True, eq=False)
class SurveyPlan:
    """Invitations in the order in which they are worth sending.

    Parameters
    ----------
    customer
        (invitations,) positions, the chosen ones first, by worth, then the random ones.
    is_random
        (invitations,) whether drawn at random.
    worth
        (invitations,) by how much, in points² times priority, the invitation was expected to lower
        Σ priority × variance when it was given out.
    random_probability
        With which each eligible customer was drawn at random, 0 to 1.
    eligible
        Customers who may be asked.
    expected_answers
        Σ π of the plan.
    variance_before, variance_after, variance_if_random
        (S,) of the segments, in points²: now, expected after the plan, and after the same number
        of invitations all drawn at random.
    reason
        Why there are fewer invitations than the budget, otherwise null.
    """

    customer: np.ndarray
    is_random: np.ndarray
    worth: np.ndarray
    random_probability: float
    eligible: int
    expected_answers: float
    variance_before: np.ndarray
    variance_after: np.ndarray
    variance_if_random: np.ndarray
    reason: str | None


def plan_survey(
    segments: np.ndarray,
    propensity: np.ndarray,
    days_since_invited: np.ndarray,
    draw: np.ndarray,
    *,
    variance: np.ndarray,
    priority: np.ndarray,
    budget: int,
    min_days_between: int = 90,
    random_share: float = 0.2,
    answer_variance: float = ANSWER_VARIANCE,
) -> SurveyPlan:
    """Choose whom to invite.

    Parameters
    ----------
    segments
        (N, F) number 0 … S - 1 of each customer's segment in each of F families; below 0 for none.
    propensity
        (N,) that an invitation is answered, 0 to 1.
    days_since_invited
        (N,); NaN for never. Below ``min_days_between`` a customer is left alone.
    draw
        (N,) evenly spread numbers in [0, 1), such as a hash of the customer and the day: the
        lottery, and the order of customers who are worth the same.
    variance, priority
        (S,) squared standard error of each segment's estimate in points², and how much it matters,
        not negative.
    budget
        Invitations, 0 or more.
    random_share
        Of the budget, 0 to 1, for the lottery.
    answer_variance
        σ² of one answer, in points².

    Raises
    ------
    EstimationError
        If sizes do not fit, or a propensity lies outside 0 to 1.
    """
    segments, draw = np.asarray(segments), np.asarray(draw, dtype=np.float64)
    propensity = np.asarray(propensity, dtype=np.float64)
    variance = np.asarray(variance, dtype=np.float64)
    priority = np.asarray(priority, dtype=np.float64)
    _check(segments, propensity, variance, priority)
    since = np.asarray(days_since_invited, dtype=np.float64)
    eligible = np.flatnonzero(np.isnan(since) | (since >= min_days_between))
    invitations = min(budget, len(eligible))
    # One column per family, contiguous, and a last segment for "none".
    columns = [np.where(column < 0, len(variance), column)[eligible] for column in segments.T]
    chance, lottery = propensity[eligible], draw[eligible]

    def informed(chosen: np.ndarray) -> np.ndarray:
        """Return (S + 1,) the precision that chosen customers are expected to add."""
        total = np.zeros(len(variance) + 1)
        for column in columns:
            total += np.bincount(column[chosen], chance[chosen], minlength=len(total))
        return total / answer_variance

    def variance_with(information: np.ndarray) -> np.ndarray:
        return variance / (1 + variance * information[:-1])

    order = np.argsort(lottery, kind="stable")
    by_lot = order[: round(random_share * invitations)]
    information = informed(by_lot)
    is_free = np.ones(len(eligible), dtype=bool)
    is_free[by_lot] = False
    chosen, worths = [], []
    left = invitations - len(by_lot)
    for turn in range(ROUNDS, 0, -1):
        now = -(-left // turn)
        if now == 0:
            break
        # The derivative of Σ priority V in the information of a segment is priority V².
        gain = np.append(priority * variance_with(information) ** 2, 0.0) / answer_variance
        worth = np.zeros(len(eligible))
        for column in columns:
            worth += gain[column]
        worth *= chance
        free = np.flatnonzero(is_free)
        best = free[_largest(worth[free], lottery[free], now)]
        is_free[best] = False
        information += informed(best)
        chosen.append(best)
        worths.append(worth[best])
        left -= now
    asked = np.concatenate([*chosen, by_lot]).astype(np.int64)
    return SurveyPlan(
        customer=eligible[asked],
        is_random=np.arange(len(asked)) >= len(asked) - len(by_lot),
        worth=np.concatenate([*worths, np.full(len(by_lot), np.nan)]),
        random_probability=len(by_lot) / max(len(eligible), 1),
        eligible=len(eligible),
        expected_answers=float(chance[asked].sum()),
        variance_before=variance,
        variance_after=variance_with(information),
        variance_if_random=variance_with(
            informed(np.arange(len(eligible))) * invitations / max(len(eligible), 1)
        ),
        reason=None
        if invitations == budget
        else f"Only {len(eligible)} customers were not asked in the last {min_days_between} days.",
    )


def _largest(values: np.ndarray, ties: np.ndarray, count: int) -> np.ndarray:
    """Return the positions of the largest values, in order; equal ones by their lot."""
    if count < len(values):
        least = np.partition(values, len(values) - count)[len(values) - count]
        candidates = np.flatnonzero(values >= least)
    else:
        candidates = np.arange(len(values))
    order = np.lexsort((ties[candidates], -values[candidates]))
    return candidates[order[:count]]


def _check(
    segments: np.ndarray, propensity: np.ndarray, variance: np.ndarray, priority: np.ndarray
) -> None:
    if segments.ndim != 2 or len(segments) != len(propensity):
        raise EstimationError(
            f"segments has shape {segments.shape}, not (customers, families) of "
            f"{len(propensity)} customers."
        )
    if segments.max(initial=-1) >= len(variance) or variance.shape != priority.shape:
        raise EstimationError(
            f"{len(variance)} variances and {len(priority)} priorities do not fit segments "
            f"numbered up to {segments.max(initial=-1)}."
        )
    if not ((propensity >= 0) & (propensity <= 1)).all():
        raise EstimationError("A propensity lies outside of 0 to 1, or is missing.")
