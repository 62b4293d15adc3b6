"""What the panel holds in windows of time around the start of each row.

A row is a customer i at a start g. For every window of periods g + first … g + end - 1 there are
the mean score M_i, dense, and the sums A_i of the residuals y - m of the answers in it and N_i of
their weights, mostly 0. Sums over a window are differences of running sums, kept by period: rows of
one start share their periods, so that each window takes two short columns of customers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from csat.impact.panel import Answers, Panel

#: Customers at a time whose rows become columns.
AT_A_TIME = 1_000


@dataclass(frozen=True)
class Window:
    """Periods start + first … start + end - 1 of each row, start its cohort's period."""

    first: int
    end: int

    def __len__(self) -> int:
        return self.end - self.first

    def holds(self, since: np.ndarray) -> np.ndarray:
        """Return whether the window holds periods so long since the start."""
        return (since >= self.first) & (since < self.end)


def sums_in(
    values: np.ndarray, customer: np.ndarray, start: np.ndarray, windows: Sequence[Window]
) -> tuple[np.ndarray, np.ndarray]:
    """Return (windows, rows) sums of what is known in the windows, and of how many periods it is.

    Parameters
    ----------
    values
        (customers, periods), NaN where not known; what lies outside of the periods is not known.
    customer, start
        (rows,); fastest where rows of the same start follow each other.
    windows
        Around the start.
    """
    total, known = np.zeros((2, len(windows), len(customer)))
    if not len(customer):
        return total, known
    low = max(int(start.min()) + min(window.first for window in windows), 0)
    high = min(int(start.max()) + max(window.end for window in windows), values.shape[1])
    sums, counts = _running(values[:, low : max(high, low)])
    for period, rows in runs_of(start):
        who = customer[rows]
        for place, window in enumerate(windows):
            first, end = (
                min(max(period + edge - low, 0), len(sums) - 1)
                for edge in (window.first, window.end)
            )
            total[place, rows] = sums[end][who] - sums[first][who]
            if counts is None:
                known[place, rows] = max(end - first, 0)
            else:
                known[place, rows] = counts[end][who] - counts[first][who]
    return total, known


def _running(values: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Return (periods + 1, customers) running sums and counts of what is known; null where all is.

    Rows become columns for some customers at a time, so that they stay in the cache.
    """
    customers, periods = values.shape
    sums = np.empty((periods + 1, customers))
    sums[0] = 0.0
    for first in range(0, customers, AT_A_TIME):
        who = slice(first, first + AT_A_TIME)
        sums[1:, who] = values[who].T
    is_known, counts = np.isfinite(sums), None
    if not is_known.all():
        sums[~is_known] = 0.0
        counts = np.cumsum(is_known, axis=0, dtype=np.float64)
    for period in range(periods):
        sums[period + 1] += sums[period]
    return sums, counts


def runs_of(start: np.ndarray) -> Iterator[tuple[int, slice]]:
    """Yield each start with the rows that follow each other and have it."""
    edges = [0, *(np.flatnonzero(np.diff(start)) + 1), len(start)]
    for first, end in pairwise(edges):
        if end > first:
            yield int(start[first]), slice(int(first), int(end))


@dataclass(frozen=True, eq=False)
class Seen:
    """What the panel holds of rows in windows.

    Parameters
    ----------
    windows
        That are looked at.
    score, presence
        (windows, rows) M, NaN where a customer was never there, and periods in which they were.
    answering
        (answering,) rows with an answer in any of the windows, in their order.
    residual, answer
        (windows, answering) A and N: sums of weighted residuals, in points, and of the weights of
        answers; both are 0 for all other rows.
    answer_number, answer_row, answer_since
        (pairs,) of an answer and a row that it counts for: their numbers, and the periods from the
        start of the row to the answer.
    """

    windows: tuple[Window, ...]
    score: np.ndarray
    presence: np.ndarray
    answering: np.ndarray
    residual: np.ndarray
    answer: np.ndarray
    answer_number: np.ndarray
    answer_row: np.ndarray
    answer_since: np.ndarray

    @classmethod
    def of(
        cls, panel: Panel, customer: np.ndarray, start: np.ndarray, windows: Sequence[Window]
    ) -> Seen:
        """Look at rows of customers and starts."""
        total, presence = sums_in(panel.score, customer, start, windows)
        with np.errstate(invalid="ignore"):
            score = total / presence
        number, row, since = _pairs(panel.answers, panel.customers, customer, start, windows)
        answering = np.unique(row)
        nothing = np.zeros((len(windows), len(answering)))
        seen = cls(tuple(windows), score, presence, answering, nothing, nothing, number, row, since)
        return seen.counting(panel.answers)

    def counting(self, answers: Answers) -> Seen:
        """Return the same rows with the same answers, counted by the weights given here."""
        place = np.searchsorted(self.answering, self.answer_row)
        weight = answers.weight[self.answer_number]
        left = weight * (answers.outcome - answers.predicted)[self.answer_number]
        residual, answer = np.zeros((2, len(self.windows), len(self.answering)))
        for one, window in enumerate(self.windows):
            is_in = window.holds(self.answer_since)
            residual[one] = np.bincount(place[is_in], left[is_in], len(self.answering))
            answer[one] = np.bincount(place[is_in], weight[is_in], len(self.answering))
        return replace(self, residual=residual, answer=answer)

    def place(self, window: Window) -> int:
        """Return which of the windows it is."""
        return self.windows.index(window)

    def answers_of_all(self, window: Window) -> np.ndarray:
        """Return (rows,) N."""
        count = np.zeros(self.score.shape[1])
        count[self.answering] = self.answer[self.place(window)]
        return count


def _pairs(
    answers: Answers,
    customers: int,
    customer: np.ndarray,
    start: np.ndarray,
    windows: Sequence[Window],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return answers and the rows that they count for, with the periods since the start."""
    span = Window(min(one.first for one in windows), max(one.end for one in windows))
    found = [np.zeros((3, 0), dtype=np.int64)]
    for period, rows in runs_of(start):
        since = answers.period - period
        number = np.flatnonzero(span.holds(since))
        row_of = np.full(customers, -1)
        row_of[customer[rows]] = np.arange(rows.start, rows.stop)
        row = row_of[answers.customer[number]]
        number, row = number[row >= 0], row[row >= 0]
        found.append(np.stack([number, row, since[number]]))
    return tuple(np.concatenate(found, axis=1))
