"""Whether the assumptions behind an effect hold: rows with a status and a sentence.

A check fails where the data contradict an assumption beyond doubt (at 1 %); what merely looks odd
(at 5 %) is told as information, because of many checks some look odd by chance. That a check passes
shows nothing where the data are few: the sentence says how much it could have seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import chi2, norm

from csat.impact.effects import Average, Effect

PASS, FAIL, INFORMATIONAL = "pass", "fail", "informational"
#: p-values below which a check fails, and below which it is told as odd.
FAILS_BELOW, IS_ODD_BELOW = 0.01, 0.05
#: Standardised differences of history that arms may have after weighting.
LARGEST_IMBALANCE = 0.1
#: Share of the enrolled who were surer to enrol than odds are taken for.
LARGEST_CAPPED_SHARE = 0.05
#: Points by which those who answer only because of a program may differ from the others.
ANSWERING_GAP = 10.0
#: Points that another program, which people join at the same time, may be worth.
OTHER_PROGRAM = 10.0
#: Points by which two sums of the same answers differ at most because they are rounded otherwise.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Check:
    """One assumption that was looked at.

    Parameters
    ----------
    name
        ``pre_trend``, ``placebo_date``, ``placebo_outcome``, ``overlap``, ``balance_before``,
        ``balance_after``, ``response_rate``, ``response_weights``, ``other_programs``,
        ``hidden_cause`` or ``trend_bounds``.
    status
        ``pass``, ``fail`` or ``informational``.
    message
        One sentence.
    value, bound
        The figure that was looked at, and the one that it is held against; null where none is.
    could_feign
        Points by which an effect, on everyone or on a part of them, could be off because of it;
        null where nothing beyond chance is seen.
    """

    name: str
    status: str
    message: str
    value: float | None = None
    bound: float | None = None
    could_feign: float | None = None


def check_pre_trend(bins: Sequence[Average], *, may_fail: bool = True) -> Check:
    """Check that steps before the start are alike, all together.

    Wald's test of all steps but the last against the last, which has a chi-squared distribution
    with as many degrees of freedom, where there are answers enough.

    Parameters
    ----------
    bins
        The steps.
    may_fail
        Whether there are, and chance did not decide who enrolled; otherwise it only informs.
    """
    if len(bins) < 2:
        return Check(
            "pre_trend",
            INFORMATIONAL,
            "There are too few answers before the start to see a trend.",
        )
    apart = [part.plus(bins[-1], -1.0) for part in bins[:-1]]
    values = np.array([part.estimate for part in apart])
    influence = np.stack([part.influence for part in apart])
    covariance = influence @ influence.T + bins[-1].unseen
    covariance += np.diag([part.unseen for part in bins[:-1]])
    statistic = float(values @ np.linalg.pinv(covariance) @ values)
    p_value = float(chi2.sf(statistic, len(values)))
    largest = float(np.max(np.abs(values)))
    return Check(
        "pre_trend",
        _status_of(p_value, may_fail),
        f"Before the start steps differ by up to {largest:.1f} points, "
        f"{_said(p_value)} (p = {p_value:.3f}).",
        p_value,
        FAILS_BELOW,
    )


def check_zero(
    name: str, effect: Effect | None, what: str, *, unit: str = "", may_fail: bool = True
) -> Check:
    """Check that an effect that cannot be is none: a placebo.

    Parameters
    ----------
    name
        Of the check.
    effect
        As found; null where there is none.
    what
        What it is an effect on, as a part of the sentence.
    unit
        Said after the figures.
    may_fail
        Whether it does more than inform.
    """
    if effect is None or effect.estimate is None or not effect.std_error:
        return Check(name, INFORMATIONAL, f"There is too little to look for an effect on {what}.")
    p_value = float(2 * norm.sf(abs(effect.estimate) / effect.std_error))
    return Check(
        name,
        _status_of(p_value, may_fail),
        f"The effect on {what}, where there can be none, is {_shown(effect.estimate)} "
        f"({_shown(effect.conf_low)} to {_shown(effect.conf_high)}){unit}, {_said(p_value)}.",
        effect.estimate,
        0.0,
    )


def check_overlap(capped_share: float, effective_controls: float) -> Check:
    """Check that those who enrolled have others like them to be compared with."""
    fails = capped_share > LARGEST_CAPPED_SHARE
    return Check(
        "overlap",
        FAIL if fails else PASS,
        f"{100 * capped_share:.1f} % of the enrolled were so sure to enrol that nobody like them "
        f"did not; the controls count as {effective_controls:,.0f} equal customers.",
        capped_share,
        LARGEST_CAPPED_SHARE,
    )


@dataclass(frozen=True, eq=False)
class Balance:
    """Standardised differences of history between the arms, (columns,) arrays.

    Parameters
    ----------
    names
        Of the columns.
    before, after
        (mean of the enrolled - mean of the controls) / standard deviation of the enrolled,
        unweighted and weighted to the same history.
    noise
        Their standard deviation where arms differ by chance alone: √(1/n + 1/n') of n and n'
        customers.
    """

    names: tuple[str, ...]
    before: np.ndarray
    after: np.ndarray
    noise: float = 0.0

    @property
    def largest_allowed(self) -> float:
        """What the largest difference may be: 0.1, or more where chance makes it so at 1 %."""
        tests = max(2 * len(self.names), 2)
        by_chance = self.noise * float(ndtri(1 - FAILS_BELOW / tests))
        return max(LARGEST_IMBALANCE, by_chance)


def check_balance(balance: Balance, *, is_randomized: bool) -> list[Check]:
    """Check the arms before weighting, where chance decided, and after it, where it did not."""
    if not balance.names:
        said = "There is no history to compare the arms by."
        return [Check(name, INFORMATIONAL, said) for name in ("balance_before", "balance_after")]
    found, allowed = [], balance.largest_allowed
    for name, values, counts in (
        ("balance_before", balance.before, is_randomized),
        ("balance_after", balance.after, not is_randomized),
    ):
        place = int(np.argmax(np.abs(values)))
        largest = float(abs(values[place]))
        status = PASS if largest <= allowed else FAIL if counts else INFORMATIONAL
        when = "Before" if name == "balance_before" else "After"
        found.append(
            Check(
                name,
                status,
                f"{when} weighting the arms differ most in {balance.names[place]}: by "
                f"{largest:.2f} standard deviations.",
                largest,
                allowed,
            )
        )
    return found


def check_response_rate(
    shift: Effect | None, rate: float, effect: Effect, smallest_that_matters: float
) -> Check:
    """Check whether a program changes who answers so much that it could explain its effect.

    Of the answers after the start a share s = |shift| / (rate + |shift|) is of people who answer
    only because of the program, or no longer because of it. If these differ by ``ANSWERING_GAP``
    points from the others, the effect is off by s times that.

    Parameters
    ----------
    shift
        Effect on answers per customer and period.
    rate
        Answers per customer and period of the enrolled, without the program.
    effect
        Effect on satisfaction.
    smallest_that_matters
        In points.
    """
    if shift is None or shift.estimate is None or not shift.std_error or rate <= 0:
        return Check("response_rate", INFORMATIONAL, "There are too few answers to compare rates.")
    relative = shift.estimate / rate
    off_by = ANSWERING_GAP * abs(relative) / max(1.0, 1.0 + relative)
    p_value = float(2 * norm.sf(abs(shift.estimate) / shift.std_error))
    is_seen = p_value < FAILS_BELOW
    status = PASS
    if is_seen:
        flips = effect.conf_low is None or _flips(effect, off_by, smallest_that_matters)
        status = FAIL if flips else INFORMATIONAL
    elif p_value < IS_ODD_BELOW:
        status = INFORMATIONAL
    return Check(
        "response_rate",
        status,
        f"Those who enrolled answer {_more_or_less(relative)} often than they would have, "
        f"{_said(p_value)}; that alone could feign {off_by:.1f} points.",
        relative,
        0.0,
        off_by if is_seen else None,
    )


def check_response_weights(
    weighted: Average | None, plain: Average | None, effect: Effect, smallest_that_matters: float
) -> Check:
    """Check whether counting answers for those who did not give any would say otherwise.

    Weights 1 / π̂ of answers widen an interval, and take away what depends on the chance to answer
    as far as that is known. The effect does without them; where they move it by more than chance,
    and across a verdict, it is not that of everyone who enrolled.

    Parameters
    ----------
    weighted, plain
        The effect with such weights and without, of the same customers; null where there is none.
    effect
        On satisfaction.
    smallest_that_matters
        In points.
    """
    name = "response_weights"
    if weighted is None or plain is None or effect.estimate is None:
        return Check(name, INFORMATIONAL, "How likely answers were to come is not known.")
    moved = weighted.estimate - plain.estimate
    apart = weighted.influence - plain.influence
    noise = float(np.sqrt(apart @ apart))
    is_moved = abs(moved) > ROUNDING and noise > 0
    p_value = float(2 * norm.sf(abs(moved) / noise)) if is_moved else 1.0
    status = PASS
    is_seen = p_value < FAILS_BELOW
    if is_seen:
        flips = _flips(effect, abs(moved), smallest_that_matters)
        status = FAIL if flips else INFORMATIONAL
    elif p_value < IS_ODD_BELOW:
        status = INFORMATIONAL
    return Check(
        name,
        status,
        "Counting each answer for all those like it that did not come moves the effect by "
        f"{_shown(moved)} points, {_said(p_value)}.",
        moved,
        0.0,
        abs(moved) if is_seen else None,
    )


def check_other_programs(
    joined: Effect | None, effect: Effect, smallest_that_matters: float
) -> Check:
    """Check whether those who enrol join other programs too, which could be what has the effect.

    Parameters
    ----------
    joined
        Effect on the share who join another program after the start; null where there is none.
    effect
        Effect on satisfaction.
    smallest_that_matters
        In points.
    """
    if joined is None or joined.estimate is None or not joined.std_error:
        return Check("other_programs", PASS, "Nobody joined another program after the start.", 0.0)
    more = joined.estimate
    off_by = OTHER_PROGRAM * abs(more)
    p_value = float(2 * norm.sf(abs(more) / joined.std_error))
    status = PASS
    is_seen = p_value < FAILS_BELOW
    if is_seen:
        flips = effect.conf_low is None or _flips(effect, off_by, smallest_that_matters)
        status = FAIL if flips else INFORMATIONAL
    elif p_value < IS_ODD_BELOW:
        status = INFORMATIONAL
    return Check(
        "other_programs",
        status,
        f"Of those who enrolled {100 * abs(more):.0f} % {'more' if more >= 0 else 'fewer'} joined "
        f"another program after the start, {_said(p_value)}; one worth {OTHER_PROGRAM:.0f} points "
        f"would feign {off_by:.1f}.",
        more,
        0.0,
        off_by if is_seen else None,
    )


def _flips(effect: Effect, off_by: float, smallest: float) -> bool:
    return verdict_falls(effect.conf_low, effect.conf_high, off_by, smallest)


def verdict_falls(low: float, high: float, off_by: float, smallest: float) -> bool:
    """Return whether what an interval shows falls if it is off by so many points.

    Parameters
    ----------
    low, high
        The interval, in points.
    off_by
        In points.
    smallest
        The smallest effect that matters, in points.
    """
    if low > 0:
        return low - off_by <= 0
    if high < 0:
        return high + off_by >= 0
    return max(-low, high) <= smallest < max(-low, high) + off_by


def hidden_cause(effect: Effect, known_causes: float) -> Check:
    """Say how strong a cause that nobody recorded would have to be to explain the effect alone.

    Parameters
    ----------
    effect
        Effect on satisfaction.
    known_causes
        Points by which weighting to the same history moved the effect: what all that is recorded
        did together.
    """
    if effect.conf_low is None or effect.conf_high is None:
        return Check("hidden_cause", INFORMATIONAL, "There is no effect that it could explain.")
    needed = max(effect.conf_low, -effect.conf_high, 0.0)
    known = abs(known_causes)
    said = (
        "The effect may be none anyway."
        if needed == 0
        else f"A cause that nobody recorded would have to make {needed:.1f} points of difference; "
        f"all recorded history together made {known:.1f}."
    )
    return Check("hidden_cause", INFORMATIONAL, said, needed, known)


@dataclass(frozen=True)
class TrendBounds:
    """The interval of an effect if trends differ after the start by up to M times those before.

    Parameters
    ----------
    violation
        M.
    conf_low, conf_high
        In points.
    breaks_at
        The M from which on the interval holds 0; 0 where it does anyway, infinite where it never
        does for M up to ``LARGEST_VIOLATION``.
    """

    violation: float
    conf_low: float
    conf_high: float
    breaks_at: float


#: M is looked at up to here.
LARGEST_VIOLATION = 5.0


def trend_bounds(
    effect: Average,
    before: Average,
    violation: float = 1.0,
    confidence: float = 0.95,
    *,
    longer: float = 1.0,
) -> TrendBounds:
    """Bound an effect for trends that differ (Rambachan and Roth 2023, relative magnitudes).

    Let δ be the difference of trends that would have been without the program, and b the true
    contrast of the late half of the time before against the early one, times how much longer the
    time of the effect is: M = 1 is the same trend, going on. If |δ| <= M |b|, the effect
    θ lies from t - M |b| to t + M |b|, t the true mean of the estimate. As |b| is the larger of b
    and -b, the lower end is the smaller of t - M b and t + M b, and the smaller of lower limits for
    both is a limit for it at the same confidence (union-intersection).

    Parameters
    ----------
    effect, before
        The effect, and the contrast of halves before the start, of the same customers.
    violation
        M.
    confidence
        Of the interval.
    longer
        Times by which what the effect contrasts lies farther apart than these halves.
    """
    quantile = float(ndtri(0.5 + confidence / 2))
    variance, squared = effect.std_error**2, before.std_error**2
    covariance = float(effect.influence @ before.influence)

    def ends(size: float) -> tuple[float, float]:
        size *= longer
        # The variance of t ± M b is that of t, ± 2 M times their covariance, + M² times that of b.
        lows, highs = [], []
        for factor in (-size, size):
            estimate = effect.estimate + factor * before.estimate
            spread = variance + 2 * factor * covariance + factor**2 * squared
            half = quantile * np.sqrt(max(spread, 0.0))
            lows.append(estimate - half)
            highs.append(estimate + half)
        return float(min(lows)), float(max(highs))

    breaks_at = np.inf
    for size in np.linspace(0, LARGEST_VIOLATION, 101):
        low, high = ends(float(size))
        if low <= 0 <= high:
            breaks_at = float(size)
            break
    return TrendBounds(violation, *ends(violation), breaks_at)


def check_trend_bounds(bounds: TrendBounds | None) -> Check:
    """Say how far trends may differ before an effect could be none."""
    if bounds is None:
        return Check("trend_bounds", INFORMATIONAL, "There is no trend before to compare with.")
    if bounds.breaks_at == 0:
        said = "The effect may be none even where trends are alike"
    elif np.isinf(bounds.breaks_at):
        said = f"The effect is there even if trends differ {LARGEST_VIOLATION:.0f} times as much"
        said += " after the start as before"
    else:
        said = f"The effect may be none if trends differ {bounds.breaks_at:.2f} times as much after"
        said += " the start as before"
    return Check(
        "trend_bounds",
        INFORMATIONAL,
        f"{said}; for {bounds.violation:g} times it lies from {bounds.conf_low:+.1f} to "
        f"{bounds.conf_high:+.1f} points.",
        None if np.isinf(bounds.breaks_at) else bounds.breaks_at,
        bounds.violation,
    )


def _more_or_less(share: float) -> str:
    return f"{100 * abs(share):.0f} % {'more' if share >= 0 else 'less'}"


def _shown(value: float) -> str:
    """Return a figure with its sign and what can be seen of it, never as a power of ten."""
    return f"{value:+.1f}" if abs(value) >= 1 else f"{value:+.4f}".rstrip("0").rstrip(".")


def _status_of(p_value: float, may_fail: bool = True) -> str:
    if p_value < FAILS_BELOW and may_fail:
        return FAIL
    return INFORMATIONAL if p_value < IS_ODD_BELOW else PASS


def _said(p_value: float) -> str:
    if p_value < FAILS_BELOW:
        return "more than chance"
    return "rarely by chance" if p_value < IS_ODD_BELOW else "no more than chance"
