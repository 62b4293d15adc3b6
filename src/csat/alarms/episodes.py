"""From falls to episodes: when one opens, that it goes on, and when it closes.

An episode opens where chance alone would show so deep a fall at most ``max_rate`` times a year, and
where the false-discovery rule over all series lets it through. It does not open again while it
lasts. It closes when the answers since say a hundred times rather that the old level is back than
that half of the fall is left, or after ``NEW_LEVEL_DAYS``, when what was a fall has become the
level. After that, only days after the closing count for a new one.

Episodes with one cause are one alarm: see ``csat.alarms.causes``. The false-discovery rule counts
alarms, since a region that falls with its four parts is one discovery and not five.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse.csgraph import connected_components

from csat.alarms.causes import LEFT_SHARE, explained_shares
from csat.alarms.falls import (
    DAYS_OF_A_YEAR,
    REFERENCE_DAYS,
    SHARES,
    WINDOWS,
    Daily,
    Evidence,
    episodes_per_year,
)
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
    alarm
        Place, among all episodes, of the one that the alarm is named after.
    joins
        Alarms of which this episode shows that they have the same cause.
    cause, cause_score
        The series, of those of the alarm, that has shown the most evidence by the time at which
        this one opened, and how deep a score.
    is_discovery
        Whether it raised an alarm of its own.
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
    alarm: int = -1
    joins: tuple[int, ...] = ()
    cause: int = -1
    cause_score: float = math.inf
    is_discovery: bool = True

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


class _Alarms:
    """Which episodes are one alarm; episodes are added to the list that is given."""

    def __init__(self, episodes: list[Episode]):
        self._episodes = episodes
        for place, episode in enumerate(episodes):
            if episode.alarm < 0:
                episodes[place] = replace(episode, alarm=place)
        self._alarm: list[int] = []
        for episode in episodes:
            self._alarm.append(episode.alarm)
            self._join(episode.alarm, episode.joins)

    @property
    def discoveries(self) -> list[Episode]:
        """The episodes that raised an alarm."""
        return [episode for episode in self._episodes if episode.is_discovery]

    def grouped(
        self,
        candidates: Sequence[tuple[int, int, float]],
        differences: np.ndarray,
        scores: np.ndarray,
        best_window: np.ndarray,
        open_places: Sequence[int],
        shares: Callable[[np.ndarray], np.ndarray] | None,
    ) -> list[tuple[list[int], tuple[int, ...], float]]:
        """Return which of the candidates have one cause, the alarms it is of, and its rate.

        One has it with the one that explains most of its fall, if half of it, and with the open
        ones of whose fall it explains half. The rate is that of what no open alarm explains.

        Parameters
        ----------
        candidates
            Series, window and rate of those that would open.
        differences, scores
            Of all series on the day, (series, windows).
        best_window
            Of all series, (series,).
        open_places
            Of the episodes that are open.
        shares
            As for ``follow``, of the day.
        """
        count, places = len(candidates), np.array(open_places, dtype=int)
        if shares is None or count + len(places) == 1:
            return [([place], (), rate) for place, (_, _, rate) in enumerate(candidates)]
        series = np.array(
            [number for number, _, _ in candidates]
            + [self._episodes[place].series for place in places]
        )
        windows = best_window[series]
        windows[:count] = [best for _, best, _ in candidates]
        own = np.arange(len(series))
        explained = explained_shares(differences[series][:, windows].T, own, shares(series))
        linked = explained >= LEFT_SHARE
        # All customers, that fall by two regions, are no reason to take the two for one.
        linked[:count] &= explained[:count] == explained[:count].max(axis=1, keepdims=True)
        alarm = np.array([self._alarm[place] for place in places], dtype=int)
        linked[count:, count:] = alarm[:, None] == alarm
        rates = []
        for place, (number, best, rate) in enumerate(candidates):
            left = 1 - explained[place, count:].max(initial=0.0)
            by_chance = episodes_per_year(
                -left * scores[number, best], WINDOWS[best], np.array(REFERENCE_DAYS)
            )
            rates.append(max(rate, TOGETHER * float(by_chance) / SHARES[best]))
        _, label = connected_components(linked, directed=False)
        return [
            (
                members := np.flatnonzero(label[:count] == each).tolist(),
                tuple(sorted(set(alarm[label[count:] == each].tolist()))),
                min(rates[member] for member in members),
            )
            for each in dict.fromkeys(label[:count].tolist())
        ]

    def add(
        self, episode: Episode, together: np.ndarray, joined: Sequence[int], most: np.ndarray
    ) -> None:
        """Open an episode.

        Parameters
        ----------
        episode
            The one that opens.
        together
            Series that open on the day for the same cause, itself among them.
        joined
            Alarms, open before, that have the same cause.
        most
            Deepest score of each series on the day, (all series,).
        """
        today = [
            place
            for place, each in enumerate(self._episodes)
            if each.opened == episode.opened and each.series in together
        ]
        place = len(self._episodes)
        known = {self._alarm[each] for each in (*joined, *today)}
        chosen = min(known or {place}, key=self._by_day)
        mine = [
            each for each, alarm in zip(self._episodes, self._alarm, strict=True) if alarm in known
        ]
        shown = [(each.cause_score, each.cause) for each in mine]
        shown += [(float(most[each.series]), each.series) for each in mine if each.closed is None]
        shown += [(float(most[series]), series) for series in together.tolist()]
        score, cause = min(shown)
        joins = tuple(sorted(known - {chosen}))
        self._episodes.append(
            replace(
                episode,
                alarm=chosen,
                joins=joins,
                cause=cause,
                cause_score=score,
                is_discovery=chosen == place,
            )
        )
        self._alarm.append(chosen)
        self._join(chosen, joins)

    def _by_day(self, alarm: int) -> tuple[int, int]:
        if alarm == len(self._episodes):
            return 0, 0
        return self._episodes[alarm].opened, self._episodes[alarm].series

    def _join(self, alarm: int, joins: Sequence[int]) -> None:
        self._alarm = [alarm if each in joins else each for each in self._alarm]


def follow(
    watch: Watch,
    first_day: int,
    *,
    max_rate: float,
    false_share: float | None,
    kept: Sequence[Episode] = (),
    shares: Callable[[int, np.ndarray], np.ndarray] | None = None,
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
        Of false ones among the alarms raised in a quarter; None: no such rule.
    kept
        Episodes opened before ``first_day``, as they were on the day before: whatever was closed
        later is given as open.
    shares
        Of a day and some series, the share of the answers of each that lie in each other one too,
        (n, n); None where no answer lies in two.

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
    alarms = _Alarms(episodes)
    windows, window_shares = np.array(WINDOWS), np.array(SHARES)
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
                windows <= day - last_closed[number],
                evidence.rate[number, step] / window_shares,
                np.inf,
            )
            best = int(np.argmin(rates))
            rate = TOGETHER * float(rates[best])
            if rate <= max_rate:
                candidates.append((int(number), best, rate))
        if not candidates:
            continue
        score = evidence.score[:, step]
        together = alarms.grouped(
            candidates,
            evidence.difference[:, step],
            score,
            np.argmin(evidence.rate[:, step] / window_shares, axis=1),
            [place for place in open_now if place is not None],
            None if shares is None else lambda some, day=day: shares(day, some),
        )
        # What joins an alarm is no discovery, and of those that raise one together one is.
        chosen = np.array([bool(joined) or rate <= max_rate for _, joined, rate in together])
        new = [place for place in np.flatnonzero(chosen) if not together[place][1]]
        if false_share is not None and new:
            chosen[new] = discoveries(
                np.array([together[place][2] for place in new]),
                int(usable[:, step].sum()),
                sum(day - episode.opened < DISCOVERY_DAYS for episode in alarms.discoveries),
                false_share,
            )
        opened = sorted(
            (each, place) for place in np.flatnonzero(chosen) for each in together[place][0]
        )
        most = np.min(np.where(np.isfinite(score), score, np.inf), axis=1)
        for each, place in opened:
            number, best, rate = candidates[each]
            episode = _opened(daily, evidence, number, day, step, best, rate)
            group = np.array([candidates[other][0] for other in together[place][0]])
            alarms.add(episode, group, together[place][1], most)
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
    """Return the log-likelihood ratio of the old level against what is left, from the best day on.

    Page's (1954) cumulative sum: ``max(0, S + left (y - n (before - left / 2)) / variance)``. Left
    is half of the fall that was seen: it opened because it looked deep, so it looks deeper than it
    is, and the whole of it would soon be refuted by a fall that lasts.
    """
    left = LEFT_SHARE * (episode.before - episode.after)
    answers, total = daily.counts[episode.series, day], daily.sums[episode.series, day]
    gained = left * (total - answers * (episode.before - left / 2)) / episode.answer_variance
    return max(0.0, evidence + float(gained))
