"""Series that are watched over time: their noise, fitted again and again, and their evidence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from csat.alarms.falls import (
    REFERENCE_DAYS,
    WINDOWS,
    Daily,
    Evidence,
    Noise,
    find_falls,
    fit_noise,
)

#: Days that a day looks back on.
PAST_DAYS = REFERENCE_DAYS + WINDOWS[-1]
#: Noise is fitted anew every so many days, from the days before.
REFIT_DAYS = 28


class Watch:
    """Answers of series by day, and what is found in them.

    Parameters
    ----------
    daily
        Answers.
    groups
        Label of each series, (series,): those of one share their noise. By default all do.
    offset
        Number of the first day on the calendar: so the days on which noise is fitted are the same
        ones wherever the answers begin.
    refit_days
        Days from one fit to the next.
    noise
        Known noise; by default it is fitted.
    """

    def __init__(
        self,
        daily: Daily,
        groups: np.ndarray | None = None,
        *,
        offset: int = 0,
        refit_days: int = REFIT_DAYS,
        noise: Noise | None = None,
    ):
        self.daily = daily
        self._groups = np.zeros(daily.shape[0], dtype=int) if groups is None else groups
        self._offset = offset
        self._refit_days = refit_days
        self._known = noise
        self._fitted: dict[tuple[int, object], Noise] = {}

    def evidence(self, first_day: int, begins: np.ndarray) -> Evidence:
        """Return the evidence of all series from a day on.

        Parameters
        ----------
        first_day
            The first day to be judged.
        begins
            Day before which the answers of each series do not count, (series,).
        """
        return self._evidence(np.arange(self.daily.shape[0]), first_day, begins)

    def evidence_of(self, series: int, first_day: int, begins: int) -> Evidence:
        """Return the evidence of one series from a day on, as in ``evidence``."""
        return self._evidence(np.array([series]), first_day, np.array([begins]))

    def _evidence(self, series: np.ndarray, first_day: int, begins: np.ndarray) -> Evidence:
        last = self.daily.shape[1]
        names = ("score", "difference", "reference", "window_variance", "rate")
        shape = (len(series), max(last - first_day, 0), len(WINDOWS))
        found = {name: np.full(shape, np.inf if name == "rate" else np.nan) for name in names}
        day = first_day
        while day < last:
            block = day - (day + self._offset) % self._refit_days
            end = min(block + self._refit_days, last)
            first = max(block - PAST_DAYS, 0)
            for group in np.unique(self._groups[series]):
                rows = np.flatnonzero(self._groups[series] == group)
                seen = self.daily.take(series[rows], slice(first, end))
                seen = seen.only(np.arange(first, end) >= begins[rows, None])
                part = find_falls(
                    seen, self._noise(block, group, series[rows]), first_day=day - first
                )
                for name in names:
                    found[name][rows, day - first_day : end - first_day] = getattr(part, name)
            day = end
        return Evidence(**found)

    def _noise(self, block: int, group: object, series: np.ndarray) -> Noise:
        """Return the noise of some series of a group, fitted to the days before a block."""
        if self._known is not None:
            return self._known
        of_group = np.flatnonzero(self._groups == group)
        if (block, group) not in self._fitted:
            days = slice(max(block - PAST_DAYS, 0), max(block, 0))
            self._fitted[block, group] = fit_noise(self.daily.take(of_group, days))
        noise = self._fitted[block, group]
        spread = np.broadcast_to(noise.spread, of_group.shape)
        return replace(noise, spread=spread[np.searchsorted(of_group, series)])
