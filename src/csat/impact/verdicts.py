"""What may be said of a program in words, and why not more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from csat.impact.checks import FAIL, Check
from csat.impact.effects import Effect
from csat.impact.errors import ImpactError

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
