"""What goes with high and low satisfaction, among many things at once: intervals, and few alarms.

For a group G of answers (customers in a program, contacts on a topic) within all answers A that it
is compared with, weights w, answers y and what the score expected of each, m:

    difference = Σ_G w y / W_G - Σ_A w y / W_A  =  explained + beyond
    explained  = the same of m,  beyond = the same of y - m.

All three are of the form Σ_A w_i (r_i - r̄) (1[i in G] / W_G - 1 / W_A), r̄ the mean of r over A. A
customer's answers go together, so the variance is the sum over customers of the squares of their
part of this sum (linearisation, clustered by customer), times C / (C - 1) with the C customers of
G. Deviations are from r̄, as if G were like the others: 20 satisfied of 20 have no spread of their
own, and would be proof of anything. For the same reason the variance is never less than what
independent answers of everybody's share would have, Σ w² v (1[i in G] / W_G - 1 / W_A)² with
v = ȳ (1 - ȳ), or m (1 - m) beyond the score. Student's t has as many degrees of freedom as the
customers of G are worth (Kish), less one.

Benjamini and Hochberg (1995): with p-values in order, q_(k) = min over l ≥ k of p_(l) K / l, K
being all that were tested; of those with q ≤ 5 %, at most 5 % are expected to be chance. It holds
for tests that are independent or go together (Benjamini and Yekutieli 2001), as those of
overlapping groups do; values that split everyone among them pull a little against each other, and
a simulation with both keeps the rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

#: With fewer answers, or customers who gave them, nothing is said of a group.
FEWEST_ANSWERS = 20
FEWEST_CUSTOMERS = 10
TOO_FEW = f"There are fewer than {FEWEST_ANSWERS} answers of {FEWEST_CUSTOMERS} customers."
NOBODY_ELSE = "All answers that it is compared with are of this value."


@dataclass(frozen=True, eq=False)
class Contrast:
    """Groups less everyone, in points; arrays (groups,), NaN where nothing is said.

    Parameters
    ----------
    estimate, std_error, conf_low, conf_high
        The difference with its interval.
    p_value, q_value
        Of no difference; ``q_value`` of Benjamini and Hochberg over all groups that were tested.
    """

    estimate: np.ndarray
    std_error: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    p_value: np.ndarray
    q_value: np.ndarray


@dataclass(frozen=True, eq=False)
class Correlates:
    """Groups of answers against everyone; arrays (groups,).

    Parameters
    ----------
    n, customers
        Answers, and customers who gave them.
    effective_n
        Kish's (Σ w)² / Σ w² of the answers.
    share, everyone
        Weighted share satisfied, 0 to 100, of the group and of all that it is compared with, itself
        included; NaN without answers.
    difference
        ``share`` - ``everyone``.
    explained
        What the score expected of the difference; ``difference.estimate`` - ``beyond.estimate``.
    beyond
        What is left of it beyond the score.
    reason
        Why nothing is said, null where something is.
    """

    n: np.ndarray
    customers: np.ndarray
    effective_n: np.ndarray
    share: np.ndarray
    everyone: np.ndarray
    difference: Contrast
    explained: np.ndarray
    beyond: Contrast
    reason: np.ndarray


def find_correlates(
    satisfied: np.ndarray,
    probability: np.ndarray,
    weight: np.ndarray,
    customer: np.ndarray,
    members: Sequence[np.ndarray],
    compared_with: Sequence[np.ndarray | None],
    *,
    confidence: float = 0.95,
) -> Correlates:
    """Compare groups of answers with all answers of their kind.

    Parameters
    ----------
    satisfied, probability, weight, customer
        (n,) answers, 0 or 1; what the score expected, by a model that had not learned from the
        customer; weights above 0; who gave them, as numbers from 0.
    members
        For each group the places of its answers, each once.
    compared_with
        For each group the places that it is compared with, among them all of its own; null for all.
    confidence
        Of the intervals, between 0 and 1.
    """
    answers = _Answers(
        np.asarray(satisfied, dtype=np.float64),
        np.asarray(probability, dtype=np.float64),
        np.asarray(weight, dtype=np.float64),
        np.asarray(customer),
    )
    everyone: dict[int, _Everyone] = {}
    rows = []
    for group, others in zip(members, compared_with, strict=True):
        if id(others) not in everyone:
            everyone[id(others)] = _everyone(answers, others)
        rows.append(_compare(answers, group, everyone[id(others)]))
    n, customers, effective, share, of_all, explained, degrees = (
        np.array([row[name] for row in rows], dtype=np.float64)
        for name in ("n", "customers", "effective", "share", "all", "explained", "degrees")
    )
    reason = np.array([row["reason"] for row in rows], dtype=object)
    told = np.array([text is None for text in reason], dtype=bool)

    def contrast(name: str) -> Contrast:
        estimate, variance = np.array([row[name] for row in rows]).reshape(len(rows), 2).T
        error = np.sqrt(np.where(told, variance, np.nan))
        half = student.ppf(0.5 + confidence / 2, degrees) * error
        p_value = 2 * student.sf(np.abs(estimate) / error, degrees)
        return Contrast(
            estimate=np.where(told, estimate, np.nan),
            std_error=error,
            conf_low=estimate - half,
            conf_high=estimate + half,
            p_value=p_value,
            q_value=q_values(p_value),
        )

    return Correlates(
        n=n.astype(np.int64),
        customers=customers.astype(np.int64),
        effective_n=effective,
        share=share,
        everyone=of_all,
        difference=contrast("difference"),
        explained=np.where(told, explained, np.nan),
        beyond=contrast("beyond"),
        reason=reason,
    )


def q_values(p_values: np.ndarray) -> np.ndarray:
    """Return Benjamini and Hochberg's q-value of each p-value; NaN where there is none."""
    p_values = np.asarray(p_values, dtype=np.float64)
    found = np.full(len(p_values), np.nan)
    tested = np.flatnonzero(~np.isnan(p_values))
    order = tested[np.argsort(p_values[tested], kind="stable")]
    # The factor first, which is at least 1: so that no q-value is below its p-value by rounding.
    scaled = p_values[order] * (len(order) / np.arange(1, len(order) + 1))
    found[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return np.minimum(found, 1.0)


@dataclass(frozen=True, eq=False)
class _Answers:
    """What is known of (n,) answers."""

    satisfied: np.ndarray
    probability: np.ndarray
    weight: np.ndarray
    customer: np.ndarray


@dataclass(frozen=True, eq=False)
class _Measure:
    """One of y, m and y - m over all answers that groups are compared with.

    ``centred`` is r - r̄ of each answer, ``variance`` what an independent answer would have;
    ``by_customer`` Σ w (r - r̄) of each customer, ``squares`` the sum of its squares, and ``floor``
    Σ w² v over all of these answers.
    """

    centred: np.ndarray
    variance: np.ndarray
    by_customer: np.ndarray
    squares: float
    floor: float


@dataclass(frozen=True, eq=False)
class _Everyone:
    """Sums over all answers that groups are compared with, made once for all of these."""

    n: int
    weight: float
    share: float
    difference: _Measure
    explained: _Measure
    beyond: _Measure


def _everyone(answers: _Answers, places: np.ndarray | None) -> _Everyone:
    if places is None:
        places = np.arange(len(answers.weight))
    weight, customer = answers.weight[places], answers.customer[places]

    def mean(r: np.ndarray) -> float:
        return float(np.average(r[places], weights=weight)) if len(places) else np.nan

    def measure(r: np.ndarray, v: np.ndarray) -> _Measure:
        centred = r - mean(r)
        by_customer = np.bincount(customer, weights=weight * centred[places])
        return _Measure(
            centred, v, by_customer, float(by_customer @ by_customer), float(weight**2 @ v[places])
        )

    share, expected = mean(answers.satisfied), answers.probability
    return _Everyone(
        n=len(places),
        weight=float(weight.sum()),
        share=share,
        difference=measure(answers.satisfied, np.full(len(expected), share * (1 - share))),
        explained=measure(expected, np.zeros(len(expected))),
        beyond=measure(answers.satisfied - expected, expected * (1 - expected)),
    )


def _compare(answers: _Answers, group: np.ndarray, everyone: _Everyone) -> dict:
    """Return counts, shares in percent, and (estimate, variance) in points of one group.

    With A_c and B_c the sums of w (r - r̄) of a customer's answers in the group and in all, the sum
    over customers of (A_c / W_G - B_c / W_A)² needs only the customers of the group, once Σ B_c²
    is known; so does the sum of w² v.
    """
    weight = answers.weight[group]
    customers, of_customer = np.unique(answers.customer[group], return_inverse=True)
    row = {
        "n": len(group),
        "customers": len(customers),
        "effective": weight.sum() ** 2 / np.sum(weight**2) if len(group) else 0.0,
        "share": np.nan,
        "all": 100 * everyone.share,
        "explained": np.nan,
        "degrees": np.nan,
        "difference": (np.nan, np.nan),
        "beyond": (np.nan, np.nan),
        "reason": None,
    }
    if len(group):
        row["share"] = 100 * np.average(answers.satisfied[group], weights=weight)
    if len(group) < FEWEST_ANSWERS or len(customers) < FEWEST_CUSTOMERS:
        return {**row, "reason": TOO_FEW}
    if len(group) == everyone.n:
        return {**row, "reason": NOBODY_ELSE}

    own, every = float(weight.sum()), everyone.weight

    def estimate(measure: _Measure) -> tuple[float, float]:
        parts = weight * measure.centred[group]
        by_customer = np.bincount(of_customer, weights=parts, minlength=len(customers))
        clustered = (
            by_customer @ by_customer / own**2
            - 2 * by_customer @ measure.by_customer[customers] / (own * every)
            + measure.squares / every**2
        ) * (len(customers) / (len(customers) - 1))
        independent = weight**2 @ measure.variance[group] * (1 / own**2 - 2 / (own * every))
        variance = max(clustered, independent + measure.floor / every**2)
        return 100 * float(parts.sum()) / own, 100**2 * float(variance)

    held = np.bincount(of_customer, weights=weight, minlength=len(customers))
    return {
        **row,
        "difference": estimate(everyone.difference),
        "beyond": estimate(everyone.beyond),
        "explained": estimate(everyone.explained)[0],
        "degrees": held.sum() ** 2 / np.sum(held**2) - 1,
    }
