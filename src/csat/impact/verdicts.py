"""What may be said of a program in words, and why not more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from csat.estimation.correlates import q_values
from csat.impact.checks import FAIL, Check
from csat.impact.effects import Effect
from csat.impact.errors import ImpactError

#: Of parts of a program that are said to have an effect, this share at most has none.
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
        One sentence, with the reason and the smallest effect that could have been told.
    """

    word: str
    message: str


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
    if not smallest_that_matters > 0:
        raise ImpactError(
            f"The smallest effect that matters is {smallest_that_matters}: give points above 0."
        )
    failed = [FAILURES[check.name] for check in checks if check.status == FAIL]
    if effect.estimate is None or effect.conf_low is None or effect.conf_high is None:
        reason = effect.reason or ""
        also = f" And {' and '.join(failed)}." if failed else ""
        return Verdict(CANNOT_TELL, f"It cannot be told: {reason[:1].lower()}{reason[1:]}{also}")
    interval = f"{effect.conf_low:+.1f} to {effect.conf_high:+.1f} points"
    told = f"an effect of {effect.smallest_told:.1f} points could have been told"
    if failed:
        return Verdict(
            CANNOT_TELL,
            f"It cannot be told, because {' and '.join(failed)}; the figures alone would say "
            f"{interval}.",
        )
    if effect.conf_low > 0:
        return Verdict(RAISES, f"It raises satisfaction by {interval}.")
    if effect.conf_high < 0:
        low, high = -effect.conf_high, -effect.conf_low
        return Verdict(HARMS, f"It lowers satisfaction by {low:.1f} to {high:.1f} points.")
    if max(-effect.conf_low, effect.conf_high) <= smallest_that_matters:
        return Verdict(
            NO_EFFECT,
            f"The effect is anything from {interval}, all of it less than the "
            f"{smallest_that_matters:g} that matter.",
        )
    return Verdict(CANNOT_TELL, f"It cannot be told: anything from {interval} fits, and {told}.")


def judge_parts(
    effects: Sequence[Effect], checks: Sequence[Check], smallest_that_matters: float
) -> list[Verdict]:
    """Say what effects on parts of those who enrolled show, all of them being looked at.

    Each interval is for its part alone: of 20 parts without an effect one lies beside 0. So
    ``raises`` and ``harms`` are said only where the q-value of the part is at most ``FALSE_SHARE``,
    by the rule of Benjamini and Hochberg (1995) over the two-sided p-values 2 Φ(-abs(θ) / s) of
    all parts that have an effect told, s its standard error. Where no part has an effect, that any
    is said to have one then has the probability ``FALSE_SHARE`` at most, if estimates depend on
    each other positively or not at all, as those of groups that overlap do.

    Parameters
    ----------
    effects
        On each part, in points.
    checks
        Of the whole program; one that fails leaves nothing to be told of any part.
    smallest_that_matters
        In points, above 0.

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
    values = q_values(np.array([_p_value(effect) for effect in effects], dtype=np.float64))
    parts = int((~np.isnan(values)).sum())
    told = []
    for effect, value in zip(effects, values, strict=True):
        verdict = judge(effect, checks, smallest_that_matters)
        if verdict.word in (RAISES, HARMS) and value > FALSE_SHARE:
            verdict = Verdict(
                CANNOT_TELL,
                f"It cannot be told: alone it would be {effect.conf_low:+.1f} to "
                f"{effect.conf_high:+.1f} points, but of {parts} groups that are looked at some "
                "lie as far from 0 by chance.",
            )
        told.append(verdict)
    return told


def _p_value(effect: Effect) -> float:
    """Return the two-sided p-value of no effect; NaN where none is told."""
    if effect.estimate is None or effect.std_error is None:
        return np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.abs(np.float64(effect.estimate) / effect.std_error)
    return 1.0 if np.isnan(distance) else float(2 * ndtr(-distance))
