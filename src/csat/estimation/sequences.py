"""What follows a step of a journey: those who took it against others who stood at the same point.

At risk are all who came to the step before; T took the step, C had not by then. In strata of the
score before, weights ω make C like T: 1 for T, n_T / n_C of its stratum for C. Of each arm

    μ = Σ ω M / Σ ω + Σ ω R / Σ ω W,   difference = μ_T - μ_C,

with M the customer's mean score afterwards, W = Σ w and R = Σ w (y - m) over the answers y to
surveys sent then, m what the score expected of them and w their weights. Without M, and with m = 0,
it is the difference of the surveys alone.

Where answers are told by the time after the step, both arms count as if they had been asked at the
same times: an answer of a part of that time counts (π_T + π_C) / 2 π_a of it, π_a the share of the
answers of its arm, by Σ ω W, that are of that part. Who has just called is asked at once, others
are not, and answers of the first hours are others than those of the third week. Parts may as well
be kinds of survey.

A customer may stand in both arms, and more than once: the variance is the sum over customers of the
squares of their part of the difference (linearisation), times G / (G - 1) with G customers; and
never less than what independent answers would have, Σ ω² V / (Σ ω W)² of both arms with V = Σ w² m
(1 - m). Student's t has the effective answers of the smaller arm, (Σ ω W)² / Σ (ω W)², less one, as
degrees of freedom. Strata are as fine as T is large: matching on the score leaves what the score
does not know, so that all of this is association.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import t as student

#: With fewer effective answers in an arm nothing is said.
FEWEST_EFFECTIVE = 30.0
#: Strata of the score before, each with as many who took the step.
STRATA = 5


@dataclass(frozen=True, eq=False)
class AtRisk:
    """Who stood at the same point; (n,) arrays.

    Parameters
    ----------
    took_step
        Whether the customer took the step.
    customer
        Numbers of customers, from 0.
    score_before
        Score before the step, 0 to 100; NaN where there is none, which is a stratum of its own.
    score_after
        M, the mean score afterwards, 0 to 100; null where surveys alone are compared.
    answers
        How many answers came afterwards.
    weight, weighted_residual, weighted_variance
        W, R and V of these answers, on the scale of probabilities. These and ``answers`` are
        (n, parts) where they are told by the time after the step, or by the kind of survey.
    """

    took_step: np.ndarray
    customer: np.ndarray
    score_before: np.ndarray
    score_after: np.ndarray | None
    answers: np.ndarray
    weight: np.ndarray
    weighted_residual: np.ndarray
    weighted_variance: np.ndarray

    def take(self, rows: np.ndarray) -> AtRisk:
        """Return the rows of a mask or of positions."""
        columns = {
            name: None if values is None else np.asarray(values)[rows]
            for name, values in vars(self).items()
        }
        return replace(self, **columns)


@dataclass(frozen=True)
class MatchedDifference:
    """Those who took the step less the others, in points; null where nothing is said.

    Parameters
    ----------
    took_step, others
        Rows that are compared: those who took the step and have others of their stratum, and these.
    answers, answers_others
        Answers of both.
    effective_answers, effective_answers_others
        How many equally weighted answers these are worth (Kish).
    csat, csat_others
        μ of both, as points of CSAT.
    estimate, std_error, conf_low, conf_high, p_value
        The difference with its interval, and the p-value of none.
    reason
        Why nothing is said, null where something is.
    """

    took_step: int
    others: int
    answers: int
    answers_others: int
    effective_answers: float
    effective_answers_others: float
    csat: float | None = None
    csat_others: float | None = None
    estimate: float | None = None
    std_error: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None
    p_value: float | None = None
    reason: str | None = None


def matched_difference(
    at_risk: AtRisk, *, fewest: float = FEWEST_EFFECTIVE, confidence: float = 0.95
) -> MatchedDifference:
    """Compare those who took the step with others at the same point and of the same score before.

    Parameters
    ----------
    at_risk
        Who stood at that point.
    fewest
        Effective answers that each arm needs.
    confidence
        Of the interval, between 0 and 1.
    """
    at_risk = at_risk.take(_known(at_risk))
    omega = matching_weights(at_risk.took_step, strata_of(at_risk.score_before, at_risk.took_step))
    at_risk, omega = at_risk.take(omega > 0), omega[omega > 0]
    at_risk = with_equal_parts(at_risk, omega)
    arms = [_arm(at_risk, omega, is_in) for is_in in (at_risk.took_step, ~at_risk.took_step)]
    counts = MatchedDifference(
        took_step=arms[0].rows,
        others=arms[1].rows,
        answers=arms[0].answers,
        answers_others=arms[1].answers,
        effective_answers=arms[0].effective,
        effective_answers_others=arms[1].effective,
    )
    effective = min(arm.effective for arm in arms)
    if effective < max(fewest, 2.0):
        few = "took the step" if arms[0].effective < max(fewest, 2.0) else "did not take it"
        return replace(
            counts,
            reason=(
                f"The answers of those who {few} are worth {effective:.0f} equal ones, fewer than "
                f"{max(fewest, 2.0):.0f}."
            ),
        )
    part = arms[0].part - arms[1].part
    by_customer = np.bincount(at_risk.customer, weights=part)
    customers = len(np.unique(at_risk.customer))
    clustered = float(by_customer @ by_customer) * customers / (customers - 1)
    error = float(np.sqrt(max(clustered, arms[0].floor + arms[1].floor)))
    estimate = arms[0].level - arms[1].level
    degrees = effective - 1
    half = float(student.ppf(0.5 + confidence / 2, degrees)) * error
    return replace(
        counts,
        csat=arms[0].level,
        csat_others=arms[1].level,
        estimate=estimate,
        std_error=error,
        conf_low=estimate - half,
        conf_high=estimate + half,
        p_value=float(2 * student.sf(abs(estimate) / error, degrees)) if error > 0 else None,
    )


def with_equal_parts(at_risk: AtRisk, omega: np.ndarray) -> AtRisk:
    """Return both arms as if they had been asked at the same times, with (n,) sums of answers.

    A part, of time or kind of survey, of which one arm has no answers counts for neither.

    Parameters
    ----------
    omega
        (n,) ω.
    """
    if at_risk.weight.ndim == 1:
        return at_risk
    arms = np.stack([omega * at_risk.took_step, omega * ~at_risk.took_step])
    sizes = arms @ at_risk.weight
    has_both = (sizes > 0).all(axis=0)
    sizes = np.where(has_both, sizes, 0.0)
    share = sizes / np.maximum(sizes.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    factor = np.where(has_both, share.mean(axis=0) / np.where(share > 0, share, 1.0), 0.0)
    own = factor[np.where(at_risk.took_step, 0, 1)]
    return replace(
        at_risk,
        answers=(at_risk.answers * has_both).sum(axis=1),
        weight=(own * at_risk.weight).sum(axis=1),
        weighted_residual=(own * at_risk.weighted_residual).sum(axis=1),
        weighted_variance=(own**2 * at_risk.weighted_variance).sum(axis=1),
    )


def strata_of(score_before: np.ndarray, took_step: np.ndarray, strata: int = STRATA) -> np.ndarray:
    """Return (n,) numbers of strata, cut where they part those who took the step into equal shares.

    Who has no score before is in a stratum of its own, the last.
    """
    known = np.isfinite(score_before)
    own = score_before[known & took_step]
    if not len(own):
        return np.where(known, 0, strata)
    cuts = np.unique(np.quantile(own, np.arange(1, strata) / strata))
    return np.where(known, np.searchsorted(cuts, score_before, side="right"), strata)


def matching_weights(took_step: np.ndarray, stratum: np.ndarray) -> np.ndarray:
    """Return ω: 1 for those who took the step, n_T / n_C for others, 0 without a counterpart."""
    size = int(stratum.max(initial=0)) + 1
    treated = np.bincount(stratum[took_step], minlength=size)
    others = np.bincount(stratum[~took_step], minlength=size)
    has_both = (treated > 0) & (others > 0)
    share = np.where(has_both, treated / np.maximum(others, 1), 0.0)
    return np.where(took_step, has_both[stratum].astype(np.float64), share[stratum])


def is_stable(whole: float | None, parts: Sequence[float | None]) -> bool | None:
    """Tell whether all parts of time have the sign of the whole; null where one says nothing."""
    if whole is None or any(part is None for part in parts):
        return None
    return all(part * whole > 0 for part in parts)


@dataclass(frozen=True, eq=False)
class _Arm:
    """Sums of an arm, in points; ``part`` is (n,) what each row adds to the error of its level."""

    rows: int
    answers: int
    effective: float
    level: float
    part: np.ndarray
    floor: float


def _known(at_risk: AtRisk) -> np.ndarray:
    if at_risk.score_after is None:
        return np.ones(len(at_risk.customer), dtype=bool)
    return np.isfinite(at_risk.score_after)


def _arm(at_risk: AtRisk, omega: np.ndarray, is_in: np.ndarray) -> _Arm:
    weights = omega * is_in
    answered = weights * at_risk.weight
    total, squares = float(answered.sum()), float(answered @ answered)
    if total <= 0:
        return _Arm(int(is_in.sum()), 0, 0.0, np.nan, np.zeros(len(omega)), 0.0)
    residual = float(weights @ at_risk.weighted_residual) / total
    level = residual
    part = weights * (at_risk.weighted_residual - residual * at_risk.weight) / total
    if at_risk.score_after is not None:
        scores = at_risk.score_after / 100
        mean = float(weights @ scores) / float(weights.sum())
        level += mean
        part = part + weights * (scores - mean) / float(weights.sum())
    return _Arm(
        rows=int(is_in.sum()),
        answers=int(at_risk.answers[is_in].sum()),
        effective=total**2 / squares,
        level=100 * level,
        part=100 * part,
        floor=100**2 * float(weights**2 @ at_risk.weighted_variance) / total**2,
    )
