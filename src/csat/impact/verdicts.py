"""What may be said of a program in words, and why not more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from csat.estimation.correlates import q_values
from csat.impact.checks import FAIL, Check, verdict_falls
from csat.impact.effects import Effect
from csat.impact.errors import ImpactError

#: False discovery rate: of parts of a program that an effect, or none, is said of, the expected
#: share of those of which that does not hold.
FALSE_SHARE = 0.05
RAISES, HARMS = "raises", "harms"
NO_EFFECT, CANNOT_TELL = "no effect shown", "cannot be told"
CHANGED_WITH = "changed at the same time as"
#: What each check says where it fails, as the end of "It cannot be told, because …".
FAILURES = {
    "pre_trend": "those who enrolled were on another course before they did",
    "placebo_date": "an effect shows before the start",
    "placebo_outcome": "an effect shows on what the program cannot move",
    "overlap": "nobody like many of those who enrolled did not",
    "balance_before": "those whom chance should have drawn differ from the others",
    "balance_after": "no weighting makes the others like those who enrolled",
    "response_rate": "the program changes who answers",
    "response_weights": "those who answer say otherwise than all who enrolled would",
    "other_programs": "those who enrolled joined other programs too",
}


@dataclass(frozen=True)
class Verdict:
    """What may be said.

    Parameters
    ----------
    word
        ``raises``, ``harms``, ``no effect shown`` or ``cannot be told``; of a company-wide program
        ``changed at the same time as`` instead of the first two.
    message
        In sentences, with the reason; of a whole program with the smallest effect that could have
        been told, too.
    """

    word: str
    message: str


@dataclass(frozen=True)
class _Interval:
    """Of an effect, in points."""

    low: float
    high: float

    def __str__(self) -> str:
        """Return it with signs."""
        return f"{self.low:+.1f} to {self.high:+.1f} points"


def judge(effect: Effect, checks: Sequence[Check], smallest_that_matters: float) -> Verdict:
    """Say what an effect and its checks show.

    Parameters
    ----------
    effect
        On satisfaction, in points.
    checks
        One that fails leaves nothing to be told.
    smallest_that_matters
        In points, above 0: no effect is shown only where the whole interval is nearer to 0.

    Raises
    ------
    ImpactError
        If the smallest effect that matters is not above 0.

    Examples
    --------
    >>> judge(Effect(5.0, 1.5, 2.1, 7.9, 900), [], 2.0).word
    'raises'
    >>> judge(Effect(0.4, 1.5, -2.5, 3.3, 900), [], 2.0).word
    'cannot be told'
    """
    _check_smallest(smallest_that_matters)
    untold = _untold(effect, checks)
    if untold:
        return untold
    interval = _Interval(effect.conf_low, effect.conf_high)
    said = _told(interval, interval, smallest_that_matters)
    if said:
        return _feigned(interval, checks, smallest_that_matters) or said
    told = f", and an effect of {effect.smallest_told:.1f} points could have been told"
    return Verdict(CANNOT_TELL, f"It cannot be told: anything from {interval} fits{told}.")


def judge_parts(
    effects: Sequence[Effect], checks: Sequence[Check], smallest_that_matters: float
) -> list[Verdict]:
    """Say what effects on parts of those who enrolled show, all of them being looked at.

    The interval of a part is for that part alone: of 20 parts without an effect one lies beside 0.
    So what is said goes by wider ones. Of the m parts that have an effect θ told, with standard
    error s, Benjamini and Hochberg's (1995) rule finds the R with the smallest two-sided p-values
    2 Φ(-abs(θ) / s) such that each is at most R q / m, q = ``FALSE_SHARE``. ``raises`` and
    ``harms`` are said of these, and their interval θ ± Φ⁻¹(1 - R q / 2m) s, of which the share q
    is expected to miss (Benjamini and Yekutieli 2005), leaves out 0 just where the rule says so.
    ``no effect shown`` is said of others likewise by the p-values 2 Φ(-(δ - abs(θ)) / s) of an
    effect that matters, δ points, which are 1 for parts that have been said to have an effect.
    Effects are said with the false discovery rate q if estimates are independent; simulations show
    no higher one where parts overlap or share their controls, and none for ``no effect shown``. The
    rate is that of one program, and a mean over programs; among those picked because something is
    said in them it is higher (Benjamini and Bogomolov 2014).

    Parameters
    ----------
    effects
        On each part, in points.
    checks
        Of the whole program; one that fails leaves nothing to be told of any part, and one that
        could feign some points nothing that these would change.
    smallest_that_matters
        δ, in points, above 0.

    Raises
    ------
    ImpactError
        If the smallest effect that matters is not above 0.

    Examples
    --------
    >>> nothing = Effect(0.0, 1.5, -2.9, 2.9, 900)
    >>> [said.word for said in judge_parts([Effect(3.3, 1.5, 0.4, 6.2, 900)], [], 2.0)]
    ['raises']
    >>> [said.word for said in judge_parts([Effect(3.3, 1.5, 0.4, 6.2, 900), nothing], [], 2.0)]
    ['cannot be told', 'cannot be told']
    """
    _check_smallest(smallest_that_matters)
    verdicts = [judge(effect, checks, smallest_that_matters) for effect in effects]
    tested = [place for place, effect in enumerate(effects) if _untold(effect, checks) is None]
    if len(tested) <= 1:
        return verdicts
    estimate = np.array([effects[place].estimate for place in tested])
    std_error = np.array([effects[place].std_error for place in tested])
    beside = _half_widths(np.abs(estimate), std_error)
    to_small = np.where(
        np.abs(estimate) > beside, -np.inf, smallest_that_matters - np.abs(estimate)
    )
    within = _half_widths(to_small, std_error)
    looked_at = f"{len(tested)} groups can be told and are looked at"
    for place, center, aside, inside in zip(tested, estimate, beside, within, strict=True):
        own = _Interval(effects[place].conf_low, effects[place].conf_high)
        said = _told(
            _Interval(center - aside, center + aside),
            _Interval(center - inside, center + inside),
            smallest_that_matters,
        )
        shown = inside if said and said.word == NO_EFFECT else aside
        shown_interval = _Interval(center - shown, center + shown)
        feigned = _feigned(shown_interval, checks, smallest_that_matters) if said else None
        if said and not feigned and 2 * shown > (1 + 1e-6) * (own.high - own.low):
            added = f" The interval is wider than that of the group alone, since {looked_at}."
            said = Verdict(said.word, said.message + added)
        elif said is None and _told(own, own, smallest_that_matters):
            said = Verdict(
                CANNOT_TELL,
                f"It cannot be told: alone it would be {own}, but {looked_at}, and by chance some "
                "lie like that.",
            )
        verdicts[place] = (
            feigned or said or Verdict(CANNOT_TELL, f"It cannot be told: anything from {own} fits.")
        )
    return verdicts


def _check_smallest(smallest_that_matters: float) -> None:
    if not smallest_that_matters > 0:
        raise ImpactError(
            f"The smallest effect that matters is {smallest_that_matters}: give points above 0."
        )


def _untold(effect: Effect, checks: Sequence[Check]) -> Verdict | None:
    """Return why nothing can be told of an effect; null where something can."""
    failed = [FAILURES[check.name] for check in checks if check.status == FAIL]
    ends = (effect.estimate, effect.conf_low, effect.conf_high)
    if not all(end is not None and np.isfinite(end) for end in ends):
        reason = effect.reason or ""
        also = f" And {' and '.join(failed)}." if failed else ""
        return Verdict(CANNOT_TELL, f"It cannot be told: {reason[:1].lower()}{reason[1:]}{also}")
    if failed:
        return Verdict(
            CANNOT_TELL,
            f"It cannot be told, because {' and '.join(failed)}; the figures alone would say "
            f"{_Interval(effect.conf_low, effect.conf_high)}.",
        )
    return None


def _feigned(
    interval: _Interval, checks: Sequence[Check], smallest_that_matters: float
) -> Verdict | None:
    """Return that what an interval shows is not told, where a check could feign it."""
    reasons = [
        f"{FAILURES[check.name]}, which could make {check.could_feign:.1f} points"
        for check in checks
        if check.could_feign is not None
        and verdict_falls(interval.low, interval.high, check.could_feign, smallest_that_matters)
    ]
    if not reasons:
        return None
    return Verdict(
        CANNOT_TELL,
        f"It cannot be told, because {' and '.join(reasons)}; the figures alone would say "
        f"{interval}.",
    )


def _told(beside: _Interval, within: _Interval, smallest_that_matters: float) -> Verdict | None:
    """Return what an interval shows that leaves out 0, or else one of no effect, if anything."""
    if beside.low > 0:
        return Verdict(RAISES, f"It raises satisfaction by {beside}.")
    if beside.high < 0:
        low, high = -beside.high, -beside.low
        return Verdict(HARMS, f"It lowers satisfaction by {low:.1f} to {high:.1f} points.")
    if max(-within.low, within.high) <= smallest_that_matters:
        return Verdict(
            NO_EFFECT,
            f"The effect is anything from {within}, all of it less than the "
            f"{smallest_that_matters:g} that matter.",
        )
    return None


def _half_widths(distance: np.ndarray, std_error: np.ndarray) -> np.ndarray:
    """Return (parts,) how far the interval of each reaches: past ``distance`` where nothing holds.

    Φ⁻¹(1 - max(R, 1) q / 2m) s, where Benjamini and Hochberg's rule finds R.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        p_values = 2 * ndtr(-distance / std_error)
    p_values = np.where(np.isnan(p_values), 1.0, np.minimum(p_values, 1.0))
    found = max(1, int((q_values(p_values) <= FALSE_SHARE).sum()))
    return float(ndtri(1 - found * FALSE_SHARE / (2 * len(p_values)))) * std_error
