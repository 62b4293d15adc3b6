"""How satisfied comments of a theme are, what the theme does to the whole, and whether it grows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import fisher_exact

from csat.model.evaluation import wilson_interval


@dataclass(frozen=True)
class Share:
    """A share in percent with Wilson's interval (95 %); null, with n 0, where there is none."""

    n: int
    estimate: float | None
    conf_low: float | None
    conf_high: float | None


@dataclass(frozen=True)
class Difference:
    """A difference in points with its interval (95 %); null where one side is missing."""

    estimate: float | None
    conf_low: float | None
    conf_high: float | None


@dataclass(frozen=True)
class ThemeFigures:
    """Figures of one theme.

    Parameters
    ----------
    comments
        Its share of all comments of the language.
    csat, csat_others
        Share of satisfied answers among its comments, and among the others of the language.
    difference
        csat - csat_others.
    effect_on_total
        Points of CSAT of all answers, with and without a comment: n / N × difference, n the theme's
        satisfaction answers and N all. What the total would gain, less, if the theme's comments had
        been as satisfied as the others.
    recent, before
        Its share of the recent comments and of those before.
    change
        recent - before.
    change_p_value
        Of no change, by Fisher's exact test; null without comments on both sides.
    """

    comments: Share
    csat: Share
    csat_others: Share
    difference: Difference
    effect_on_total: Difference
    recent: Share
    before: Share
    change: Difference
    change_p_value: float | None


def theme_figures(
    is_about: np.ndarray, is_satisfied: np.ndarray, is_recent: np.ndarray, total_answers: int
) -> ThemeFigures:
    """Return the figures of a theme.

    Parameters
    ----------
    is_about
        (n,) whether each comment of the language is about the theme.
    is_satisfied
        (n,) 0 or 1; NaN where it was not satisfaction that was asked.
    is_recent
        (n,) whether it is one of the latest.
    total_answers
        All satisfaction answers of these days, with and without a comment.
    """
    is_about, is_recent = np.asarray(is_about, dtype=bool), np.asarray(is_recent, dtype=bool)
    asked = ~np.isnan(np.asarray(is_satisfied, dtype=np.float64))
    satisfied = np.where(asked, is_satisfied, 0) > 0
    csat = share_of(satisfied[asked & is_about])
    others = share_of(satisfied[asked & ~is_about])
    difference = difference_of(csat, others)
    recent, before = share_of(is_about[is_recent]), share_of(is_about[~is_recent])
    p_value = None
    if recent.n and before.n:
        hits = [int(is_about[is_recent].sum()), int(is_about[~is_recent].sum())]
        table = [[hits[0], recent.n - hits[0]], [hits[1], before.n - hits[1]]]
        p_value = float(fisher_exact(table).pvalue)
    return ThemeFigures(
        comments=share_of(is_about),
        csat=csat,
        csat_others=others,
        difference=difference,
        effect_on_total=_scaled(difference, csat.n / max(total_answers, 1)),
        recent=recent,
        before=before,
        change=difference_of(recent, before),
        change_p_value=p_value,
    )


def share_of(is_so: np.ndarray) -> Share:
    """Return the share of those that are so, in percent."""
    n = len(is_so)
    if not n:
        return Share(0, None, None, None)
    share = float(np.mean(is_so))
    low, high = wilson_interval(share, n)
    return Share(n, 100 * share, 100 * low, 100 * high)


def difference_of(first: Share, second: Share) -> Difference:
    """Return first - second with Newcombe's (1998) interval, from the intervals of the two."""
    if not first.n or not second.n:
        return Difference(None, None, None)
    estimate = first.estimate - second.estimate
    below = np.hypot(first.estimate - first.conf_low, second.conf_high - second.estimate)
    above = np.hypot(first.conf_high - first.estimate, second.estimate - second.conf_low)
    return Difference(estimate, float(estimate - below), float(estimate + above))


def _scaled(difference: Difference, factor: float) -> Difference:
    if difference.estimate is None:
        return difference
    return Difference(
        factor * difference.estimate, factor * difference.conf_low, factor * difference.conf_high
    )
