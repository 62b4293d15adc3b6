"""From falls to episodes: when one opens, that it goes on, and when it closes.

An episode opens where chance alone would show so deep a fall at most ``max_rate`` times a year, and
where the false-discovery rule over all series lets it through. It does not open again while it
lasts. It closes when the answers since say a hundred times rather that the old level is back, or
after ``NEW_LEVEL_DAYS``, when what was a fall has become the level. After that, only days after the
closing count for a new one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from csat.alarms.falls import DAYS_OF_A_YEAR, SHARES, WINDOWS, Daily, Evidence
from csat.alarms.watch import Watch

#: Windows overlap, so that together they exceed their level less often than the sum of their rates
#: says: by this factor, found on independent normal days (``test_falls.py`` finds it again).
TOGETHER = 0.78
#: Days over which false alarms among those opened are held to a share.
DISCOVERY_DAYS = 91
#: The likelihood of the old level against that of the fall at which an episode is over: Wald's
#: (1947) bound, by which a lasting fall is mistaken for a recovery once in a hundred times.
RECOVERY = math.log(100.0)
#: Days after which what has lasted is the new level.
NEW_LEVEL_DAYS = 182
RECOVERED, NEW_LEVEL = "recovered", "new level"


@dataclass(frozen=True)
class Episode:
    """A fall of one series. Days are numbers, values as in ``Daily``.

    Parameters
    ----------
    series
        Place among the series.
    opened, closed
        Days; ``closed`` is None while it lasts.
    window
        Days up to the opening in which it showed: its beginning is ``opened - window + 1``.
    before, after
        Means of the reference and of the window.
    answer_variance
        Variance that one answer adds to a sum, with all that days have in common.
    rate
        Episodes a year that chance alone would show of so deep a fall.
    score
        Studentised fall.
    ending
        ``RECOVERED`` or ``NEW_LEVEL``; None while it lasts.
    """

    series: int
    opened: int
    window: int
    before: float
    after: float
    answer_variance: float
    rate: float
    score: float
    closed: int | None = None
    ending: str | None = None

    @property
    def begins(self) -> int:
        """First day of the window in which the fall showed."""
        return self.opened - self.window + 1


def discoveries(rates: np.ndarray, series: int, recent: int, share: float) -> np.ndarray:
    """Return which candidates may open, by Benjamini and Hochberg (1995) over episodes.

    With the threshold at rate ``r``, chance alone opens about ``series r DISCOVERY_DAYS / 365.25``
    episodes in ``DISCOVERY_DAYS``; the largest ``r`` is taken at which these are at most ``share``
    of the episodes opened in that time, those of today included.

    Parameters
    ----------
    rates
        Episodes per year by chance, of the candidates of a day, (n,).
    series
        Series watched on that day.
    recent
        Episodes opened within the last ``DISCOVERY_DAYS``, before today.
    share
        Of false ones among those opened, 0 to 1.
    """
    order = np.argsort(rates, kind="stable")
    expected = rates[order] * series * DISCOVERY_DAYS / DAYS_OF_A_YEAR
    allowed = np.flatnonzero(expected <= share * (recent + 1 + np.arange(len(rates))))
    chosen = np.zeros(len(rates), dtype=bool)
    if len(allowed):
        chosen[order[: allowed[-1] + 1]] = True
    return chosen


def follow(
    watch: Watch,
    first_day: int,
    *,
    max_rate: float,
    false_share: float | None,
    kept: Sequence[Episode] = (),
) -> list[Episode]:
    """Go through the days, opening and closing episodes.

    Where an episode has become the new level, what was before its beginning no longer counts.

    Parameters
    ----------
    watch
        The series, with the days that are looked back on.
    first_day
        The first day to be judged.
    max_rate
        Episodes per series and year that chance alone may open.
    false_share
        Of false ones among the episodes opened in a quarter; None: no such rule.
    kept
        Episodes opened before ``first_day``, as they were on the day before: whatever was closed
        later is given as open.

    Returns
    -------
    list of Episode
        The kept ones as they are now, and the new ones, in the order of opening and series.
    """
    daily = watch.daily
    begins = np.zeros(daily.shape[0], dtype=int)
    for episode in kept:
        if episode.ending == NEW_LEVEL:
            begins[episode.series] = max(begins[episode.series], episode.begins)
    evidence = watch.evidence(first_day, begins)
    series = daily.shape[0]
    episodes = list(kept)
    open_now: list[int | None] = [None] * series
    last_closed = np.full(series, -(10**9))
    recovery = np.zeros(series)
    for place, episode in enumerate(episodes):
        if episode.closed is None:
            open_now[episode.series] = place
            for day in range(episode.opened + 1, first_day):
                recovery[episode.series] = _recovery(recovery[episode.series], episode, daily, day)
        else:
            last_closed[episode.series] = max(last_closed[episode.series], episode.closed)
    openings = [episode.opened for episode in episodes]
    windows, shares = np.array(WINDOWS), np.array(SHARES)
    usable = np.isfinite(evidence.rate).any(axis=2)
    # Where nothing can open, nothing need be looked at.
    interesting = TOGETHER * evidence.rate_of_any <= max_rate
    for step in range(evidence.score.shape[1]):
        day = first_day + step
        for number in range(series) if any(place is not None for place in open_now) else ():
            place = open_now[number]
            if place is None:
                continue
            episode = episodes[place]
            recovery[number] = _recovery(recovery[number], episode, daily, day)
            if recovery[number] >= RECOVERY:
                ending = RECOVERED
            elif day - episode.opened >= NEW_LEVEL_DAYS:
                ending = NEW_LEVEL
            else:
                continue
            episodes[place] = replace(episode, closed=day, ending=ending)
            open_now[number] = None
            last_closed[number] = day
            recovery[number] = 0.0
            if ending == NEW_LEVEL:
                again = watch.evidence_of(number, day, episode.begins)
                for name in ("score", "difference", "reference", "window_variance", "rate"):
                    getattr(evidence, name)[number, step:] = getattr(again, name)[0]
                usable[number, step:] = np.isfinite(again.rate[0]).any(axis=1)
                interesting[number, step:] = TOGETHER * again.rate_of_any[0] <= max_rate
        candidates = []
        for number in np.flatnonzero(interesting[:, step]):
            if open_now[number] is not None:
                continue
            rates = np.where(
                windows <= day - last_closed[number], evidence.rate[number, step] / shares, np.inf
            )
            best = int(np.argmin(rates))
            rate = TOGETHER * float(rates[best])
            if rate <= max_rate:
                candidates.append((int(number), best, rate))
        if not candidates:
            continue
        chosen = np.ones(len(candidates), dtype=bool)
        if false_share is not None:
            chosen = discoveries(
                np.array([rate for _, _, rate in candidates]),
                int(usable[:, step].sum()),
                sum(day - opened < DISCOVERY_DAYS for opened in openings),
                false_share,
            )
        for (number, best, rate), is_chosen in zip(candidates, chosen, strict=True):
            if not is_chosen:
                continue
            episodes.append(_opened(daily, evidence, number, day, step, best, rate))
            openings.append(day)
            open_now[number] = len(episodes) - 1
            recovery[number] = 0.0
    return episodes


def _opened(
    daily: Daily, evidence: Evidence, number: int, day: int, step: int, best: int, rate: float
) -> Episode:
    """Return the episode that opens."""
    window = WINDOWS[best]
    place = (number, step, best)
    before, fall = evidence.reference[place], evidence.difference[place]
    answers = daily.counts[number, max(day + 1 - window, 0) : day + 1].sum()
    return Episode(
        series=number,
        opened=day,
        window=window,
        before=float(before),
        after=float(before + fall),
        answer_variance=float(evidence.window_variance[place] * answers),
        rate=rate,
        score=float(evidence.score[place]),
    )


def _recovery(evidence: float, episode: Episode, daily: Daily, day: int) -> float:
    """Return the log-likelihood ratio of the old level against the fall, from the best day on.

    Page's (1954) cumulative sum: ``max(0, S + fall (y - n (before + after) / 2) / variance)``.
    """
    fall = episode.before - episode.after
    answers, total = daily.counts[episode.series, day], daily.sums[episode.series, day]
    middle = (episode.before + episode.after) / 2
    gained = fall * (total - answers * middle) / episode.answer_variance
    return max(0.0, evidence + float(gained))
