"""What is known of a customer before a cohort starts: whom to compare those who enrol with.

Nothing of it may be moved by the program, and no answer of the windows that are compared may be
part of it: an answer is an outcome, and who conditions on the outcome before finds a regression to
the mean afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from csat.impact.errors import ImpactError
from csat.impact.panel import Panel
from csat.impact.windows import Window, sums_in


@dataclass(frozen=True, eq=False)
class PastMean:
    """The mean of something over the periods g - first … g - last, g the period of enrolling.

    Parameters
    ----------
    first, last
        Periods back, first >= last >= 1; ``PastMean(4, 1)`` is the four periods before.
    values
        (customers, periods), NaN where not known; the score where not given.
    name
        What it is, for the balance of the arms.
    unit
        What periods are called in it.
    """

    first: int
    last: int = 1
    values: np.ndarray | None = None
    name: str = "score"
    unit: str = "periods"

    def __post_init__(self) -> None:
        if not self.first >= self.last >= 1:
            raise ImpactError(
                f"A mean of {self.name} goes from {self.first} to {self.last} periods back: give "
                "first >= last >= 1, so that nothing after the start is part of it."
            )

    @property
    def label(self) -> str:
        """Name and periods."""
        if self.first == self.last == 1:
            return f"{self.name}, in the last of the {self.unit} before"
        return f"{self.name}, {self.first} to {self.last} {self.unit} before"


#: Periods back, first and last, in which what changes is compared: the last one alone, because
#: what happened in it is what makes people enrol.
SPANS = ((1, 1), (4, 2), (12, 5))


def past_means(
    values: np.ndarray | None = None, name: str = "score", unit: str = "periods"
) -> list[PastMean]:
    """Return the means of something over each of ``SPANS``; of the score where not given."""
    return [PastMean(first, last, values, name, unit) for first, last in SPANS]


@dataclass(frozen=True, eq=False)
class History:
    """What customers are compared at equal values of.

    Parameters
    ----------
    past
        Means over periods before.
    constant
        (customers, columns) what does not change; NaN where not known.
    earlier
        (customers, programs) period of enrolling in each other program, ``panel.NEVER`` where
        never: whether one had enrolled before, or does in period g as well, is part of the history.
    names
        Of the columns of ``constant``, then of those of ``earlier``; numbers where not given.
    """

    past: Sequence[PastMean] = ()
    constant: np.ndarray | None = None
    earlier: np.ndarray | None = None
    names: Sequence[str] = field(default=())

    def columns(
        self, panel: Panel, customer: np.ndarray, start: np.ndarray
    ) -> tuple[np.ndarray, tuple[str, ...]]:
        """Return (rows, columns) the history before ``start``, and the names of the columns.

        What is not known takes the mean of the others, and a column says that it is not.
        """
        columns = self._past_means(panel, customer, start)
        names = [past.label for past in self.past]
        constant, earlier = (
            np.zeros((panel.customers, 0)) if table is None else np.asarray(table)
            for table in (self.constant, self.earlier)
        )
        for table in (constant, earlier):
            if table.ndim != 2 or len(table) != panel.customers:
                raise ImpactError(
                    f"A table of the history has shape {table.shape}: give one row per customer, "
                    f"of which there are {panel.customers}."
                )
        columns += [column[customer].astype(np.float64) for column in constant.T]
        columns += [(column[customer] <= start).astype(np.float64) for column in earlier.T]
        kinds = ["constant"] * constant.shape[1] + ["earlier program"] * earlier.shape[1]
        names += list(self.names) or [f"{kind} {place + 1}" for place, kind in enumerate(kinds)]
        if len(names) != len(columns):
            raise ImpactError(
                f"The history has {len(columns)} columns and {len(names)} names: name all of "
                "constant and earlier, or none."
            )
        for place in range(len(columns)):
            unknown = ~np.isfinite(columns[place])
            if unknown.any():
                known = columns[place][~unknown]
                columns[place] = np.where(
                    unknown, known.mean() if len(known) else 0, columns[place]
                )
                columns.append(unknown.astype(np.float64))
                names.append(f"{names[place]}: not known")
        table = np.column_stack(columns) if columns else np.zeros((len(customer), 0))
        return table, tuple(names)

    def joins_later(self, customer: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Return (rows,) whether one joins another program after the start and before the end."""
        if self.earlier is None:
            return np.zeros(len(customer), dtype=bool)
        others = np.asarray(self.earlier)[customer]
        return ((others > start[:, None]) & (others < end[:, None])).any(axis=1)

    def _past_means(
        self, panel: Panel, customer: np.ndarray, start: np.ndarray
    ) -> list[np.ndarray]:
        """Return (rows,) each past mean, NaN where nothing is known of it."""
        columns: list[np.ndarray] = [np.zeros(0)] * len(self.past)
        # Means of the same thing are taken together, because reading it costs most.
        places: dict[int, list[int]] = {}
        for place, past in enumerate(self.past):
            places.setdefault(id(past.values), []).append(place)
        for alike in places.values():
            past = self.past[alike[0]]
            values = panel.score if past.values is None else np.asarray(past.values)
            if values.shape != panel.score.shape:
                raise ImpactError(
                    f"{past.name} has shape {values.shape} and the score {panel.score.shape}: both "
                    "are customers x periods."
                )
            windows = [Window(-self.past[one].first, 1 - self.past[one].last) for one in alike]
            total, known = sums_in(values, customer, start, windows)
            with np.errstate(invalid="ignore"):
                means = total / known
            for one, mean in zip(alike, means, strict=True):
                columns[one] = mean
        return columns
