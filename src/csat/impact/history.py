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
from csat.impact.panel import Panel, Running


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
    """

    first: int
    last: int = 1
    values: np.ndarray | None = None
    name: str = "score"

    def __post_init__(self) -> None:
        if not self.first >= self.last >= 1:
            raise ImpactError(
                f"A mean of {self.name} goes from {self.first} to {self.last} periods back: give "
                "first >= last >= 1, so that nothing after the start is part of it."
            )
        if self.values is not None:
            values = np.asarray(self.values)
            is_known = np.isfinite(values)
            running = Running.of(np.where(is_known, values, 0.0), is_known)
            object.__setattr__(self, "_running", running)

    @property
    def label(self) -> str:
        """Name and periods."""
        return f"{self.name}, {self.first} to {self.last} periods before"


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
        never: whether one was enrolled before g is part of the history.
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
        columns, names = [], []
        for past in self.past:
            columns.append(_past_mean(past, panel, customer, start))
            names.append(past.label)
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
        columns += [(column[customer] < start).astype(np.float64) for column in earlier.T]
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


def _past_mean(past: PastMean, panel: Panel, customer: np.ndarray, start: np.ndarray) -> np.ndarray:
    window = customer, start - past.first, start - past.last + 1
    if past.values is None:
        return panel.window(*window).score
    shape = np.shape(past.values)
    if shape != panel.score.shape:
        raise ImpactError(
            f"{past.name} has shape {shape} and the score {panel.score.shape}: both are "
            "customers x periods."
        )
    total, known = past._running.window(*window).T
    return np.where(known > 0, total / np.where(known > 0, known, 1.0), np.nan)
