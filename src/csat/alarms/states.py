"""Alarms that are not tests of answers: scores, levels, deliveries and drift.

Each says on which days it would open and on which an open one is over; ``walk`` keeps the state, so
that none opens twice and each needs more to open than to stay open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr

from csat.alarms.episodes import DISCOVERY_DAYS, NEW_LEVEL, RECOVERED, Episode, discoveries
from csat.alarms.falls import DAYS_OF_A_YEAR, episodes_per_year

#: Days over which a score is seen to fall: a week, so that weekdays cancel; days of past weeks that
#: it is compared with, at most and at least; and days that count as one independent look at the
#: past.
SCORE_WINDOW, SCORE_REFERENCE_DAYS, FEWEST_SCORE_DAYS, DAYS_OF_A_LOOK = 7, 182, 56, 14
#: Days after which a fallen score is the new level.
NEW_SCORE_LEVEL_DAYS = 91
#: Days over which the level of an estimate is taken to stay about the same: a low guess, which
#: makes more looks a year, and a more careful threshold, than there are.
LEVEL_WINDOW = 28
#: Days of deliveries that a table is compared with, at most and at least, and rows of a week
#: without which nothing is expected.
SOURCE_REFERENCE_DAYS, FEWEST_SOURCE_DAYS, FEWEST_ROWS = 182, 28, 20
#: A week with less than this share of the poorest week before it is a collapse.
COLLAPSED_SHARE = 0.5
#: Shares of the features that have left what the model knows: to open, and to be over.
DRIFTED_SHARE, SETTLED_SHARE = 0.25, 0.15


@dataclass(frozen=True)
class Opening:
    """What would open: the series, and what ``Episode`` holds of it."""

    series: int
    window: int
    before: float
    after: float
    rate: float
    score: float


def walk(
    days: range,
    series: int,
    opening: Callable[[int, int], Sequence[Opening]],
    ending: Callable[[Episode, int], str | None],
    *,
    watched: Callable[[int], int] | None = None,
    false_share: float | None = None,
    kept: Sequence[Episode] = (),
) -> list[Episode]:
    """Go through the days, opening and closing.

    Parameters
    ----------
    days
        To be judged.
    series
        How many.
    opening
        Of a day and of the last closing of each series (a function of both) what would open.
    ending
        How an open episode ends on a day; None where it goes on.
    watched
        Series watched on a day, for the false-discovery rule; None: no such rule.
    false_share
        See ``discoveries``.
    kept
        Episodes opened before these days.
    """
    episodes = list(kept)
    open_now = {
        episode.series: place for place, episode in enumerate(episodes) if episode.closed is None
    }
    closed = [-(10**9)] * series
    for episode in episodes:
        if episode.closed is not None:
            closed[episode.series] = max(closed[episode.series], episode.closed)
    for day in days:
        for number, place in sorted(open_now.items()):
            how = ending(episodes[place], day)
            if how is not None:
                episodes[place] = replace(episodes[place], closed=day, ending=how)
                closed[number] = day
                del open_now[number]
        found = [
            each
            for number in range(series)
            if number not in open_now
            for each in opening(number, day)
            if day - each.window >= closed[number]
        ]
        if not found:
            continue
        chosen = np.ones(len(found), dtype=bool)
        if watched is not None and false_share is not None:
            chosen = discoveries(
                np.array([each.rate for each in found]),
                watched(day),
                sum(day - episode.opened < DISCOVERY_DAYS for episode in episodes),
                false_share,
            )
        for each, is_chosen in zip(found, chosen, strict=True):
            if is_chosen:
                open_now[each.series] = len(episodes)
                episodes.append(
                    Episode(
                        each.series,
                        day,
                        each.window,
                        each.before,
                        each.after,
                        0.0,
                        each.rate,
                        each.score,
                    )
                )
    return episodes


def follow_scores(
    changes: np.ndarray,
    days: range,
    *,
    max_rate: float,
    false_share: float | None,
    smallest_fall: float,
    kept: Sequence[Episode] = (),
) -> list[Episode]:
    """Open where behaviour lets a score fall in a week as it does by chance at most so often.

    Scores have no sampling error; what they move by is their own past. A week's change over the
    standard deviation of the weeks' changes in the ``SCORE_REFERENCE_DAYS`` before it is compared
    with Student's t, one degree of freedom per ``DAYS_OF_A_LOOK``, and each day counts as a look of
    its own (Boole's inequality): an upper bound of the rate. It is over when half is made up for,
    or after ``NEW_SCORE_LEVEL_DAYS``.

    Parameters
    ----------
    changes
        Points by which behaviour moved each score since the day before, (series, days); NaN where
        that is not known.
    days
        Columns to be judged.
    max_rate, false_share, kept
        As for ``follow``.
    smallest_fall
        Points: a smaller fall is none.
    """
    weeks, spread, freedom = _weekly_changes(changes)
    score = np.where(spread > 0, weeks / np.where(spread > 0, spread, 1.0), np.nan)
    rate = DAYS_OF_A_YEAR * stdtr(np.maximum(freedom, 1), score)
    falls = (weeks <= -smallest_fall) & (rate <= max_rate)

    def opening(number: int, day: int) -> list[Opening]:
        if not falls[number, day]:
            return []
        return [
            Opening(
                number,
                SCORE_WINDOW,
                0.0,
                float(weeks[number, day]),
                float(rate[number, day]),
                float(score[number, day]),
            )
        ]

    def ending(episode: Episode, day: int) -> str | None:
        since = changes[episode.series, episode.opened + 1 : day + 1]
        if np.nansum(since) >= -episode.after / 2:
            return RECOVERED
        return NEW_LEVEL if day - episode.opened >= NEW_SCORE_LEVEL_DAYS else None

    return walk(
        days,
        len(changes),
        opening,
        ending,
        watched=lambda day: int(np.isfinite(score[:, day]).sum()),
        false_share=false_share,
        kept=kept,
    )


def _weekly_changes(changes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return change over the last week, its usual size, and degrees of freedom, (series, days)."""
    series, days = changes.shape
    weeks = np.full((series, days), np.nan)
    running = np.concatenate([np.zeros((series, 1)), np.cumsum(changes, axis=1)], axis=1)
    if np.isnan(running).any():
        for day in range(SCORE_WINDOW - 1, days):
            weeks[:, day] = changes[:, day - SCORE_WINDOW + 1 : day + 1].sum(axis=1)
    else:
        weeks[:, SCORE_WINDOW - 1 :] = running[:, SCORE_WINDOW:] - running[:, :-SCORE_WINDOW]
    known = np.isfinite(weeks)
    squares = np.cumsum(np.where(known, weeks, 0.0) ** 2, axis=1)
    counts = np.cumsum(known, axis=1)
    squares = np.concatenate([np.zeros((series, 1)), squares], axis=1)
    counts = np.concatenate([np.zeros((series, 1)), counts], axis=1)
    day = np.arange(days)
    last = np.maximum(day + 1 - SCORE_WINDOW, 0)
    first = np.maximum(last - SCORE_REFERENCE_DAYS, 0)
    n = counts[:, last] - counts[:, first]
    usual = np.sqrt((squares[:, last] - squares[:, first]).clip(0) / np.maximum(n, 1))
    return weeks, np.where(n >= FEWEST_SCORE_DAYS, usual, 0.0), n / DAYS_OF_A_LOOK


def follow_levels(
    estimates: np.ndarray,
    std_errors: np.ndarray,
    limit: float,
    days: range,
    *,
    max_rate: float,
    false_share: float | None,
    kept: Sequence[Episode] = (),
) -> list[Episode]:
    """Open where an estimate lies below a limit, surely; over when it is back at the limit.

    One exactly at the limit would be below it by ``z`` standard errors at most
    ``episodes_per_year(z)`` times a year. A level that stays low stays an alarm.
    """
    score = (estimates - limit) / np.where(std_errors > 0, std_errors, np.nan)
    known = np.isfinite(score)
    rate = np.where(
        known & (score <= -1),
        episodes_per_year(-np.where(known, score, 0.0), LEVEL_WINDOW, np.array(np.inf)),
        np.inf,
    )

    def opening(number: int, day: int) -> list[Opening]:
        if not rate[number, day] <= max_rate:
            return []
        here = (number, day)
        return [
            Opening(number, 1, limit, float(estimates[here]), float(rate[here]), float(score[here]))
        ]

    def ending(episode: Episode, day: int) -> str | None:
        value = estimates[episode.series, day]
        return RECOVERED if np.isfinite(value) and value >= limit else None

    return walk(
        days,
        len(estimates),
        opening,
        ending,
        watched=lambda day: int(known[:, day].sum()),
        false_share=false_share,
        kept=kept,
    )


def follow_sources(rows: np.ndarray, days: range, *, kept: Sequence[Episode] = ()) -> list[Episode]:
    """Open where a table falls silent, or a week brings less than half of the poorest week before.

    Silent means: for more than twice as long as ever in the ``SOURCE_REFERENCE_DAYS`` before, and
    a day. Over when rows have come on two days running and a week is as the poorest one again.

    Parameters
    ----------
    rows
        Rows per table and day, (tables, days).
    """

    def week(number: int, day: int) -> float:
        return float(rows[number, max(day - 6, 0) : day + 1].sum())

    def opening(number: int, day: int) -> list[Opening]:
        past = rows[number, : day + 1]
        seen = np.flatnonzero(past)
        if not len(seen):
            return []
        silent = day - int(seen[-1])
        reference = past[max(day + 1 - 7 - SOURCE_REFERENCE_DAYS, int(seen[0])) : day + 1 - 7]
        if len(reference) < FEWEST_SOURCE_DAYS:
            return []
        weeks = reference[len(reference) % 7 :].reshape(-1, 7).sum(axis=1)
        poorest, latest = float(weeks.min()), week(number, day)
        before = past[
            max(day + 1 - silent - SOURCE_REFERENCE_DAYS, int(seen[0])) : day + 1 - silent
        ]
        longest = int(np.diff(np.flatnonzero(before), prepend=-1, append=len(before)).max()) - 1
        is_silent = silent > 2 * longest + 1
        is_poor = poorest >= FEWEST_ROWS and latest < COLLAPSED_SHARE * poorest
        if not (is_silent or is_poor):
            return []
        return [Opening(number, silent if is_silent else 7, poorest, latest, np.nan, np.nan)]

    def ending(episode: Episode, day: int) -> str | None:
        number = episode.series
        flows = day >= 1 and rows[number, day] > 0 and rows[number, day - 1] > 0
        return RECOVERED if flows and week(number, day) >= episode.before else None

    return walk(days, len(rows), opening, ending, kept=kept)


def follow_drift(shares: np.ndarray, days: range, *, kept: Sequence[Episode] = ()) -> list[Episode]:
    """Open where many features have left what the model knows; over when few have.

    Parameters
    ----------
    shares
        Share of the features that drifted, per day; NaN on days without a look.
    """

    def opening(number: int, day: int) -> list[Opening]:
        share = shares[day]
        if not share >= DRIFTED_SHARE:
            return []
        return [Opening(0, 1, DRIFTED_SHARE, float(share), np.nan, np.nan)]

    def ending(episode: Episode, day: int) -> str | None:
        return RECOVERED if shares[day] < SETTLED_SHARE else None

    return walk(days, 1, opening, ending, kept=kept)
