"""Who is compared with whom: cohorts of those who enrolled in a period, and those who did not yet.

A row is a customer at the start of a cohort: treated, if they enrolled then; a control, if they do
not enrol until the windows end. So a customer is a control of several cohorts, and nobody is ever
compared with those who enrolled before (Callaway and Sant'Anna 2021). Cohorts of adjacent periods
are stacked and estimated together, each row with windows around its own start, because a cohort of
a week has too few answers to be estimated alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from csat.impact.errors import ImpactError
from csat.impact.panel import NEVER, Panel, thin_controls
from csat.impact.settings import NEVER_TREATED, ProgramSettings
from csat.impact.windows import Window


@dataclass(frozen=True, eq=False)
class Rows:
    """Customers at the start of cohorts, (rows,) arrays; each stands for ``weight`` of them."""

    customer: np.ndarray
    start: np.ndarray
    is_treated: np.ndarray
    weight: np.ndarray

    def __len__(self) -> int:
        return len(self.customer)

    def take(self, places: np.ndarray) -> Rows:
        """Return the rows of a mask."""
        return Rows(*(getattr(self, column.name)[places] for column in fields(self)))


def check_cohort(panel: Panel, cohort: np.ndarray) -> np.ndarray:
    """Return the cohorts as integers.

    Raises
    ------
    ImpactError
        If there is not one per customer.
    """
    cohort = np.asarray(cohort)
    if cohort.shape != (panel.customers,):
        raise ImpactError(
            f"Cohorts have shape {cohort.shape}, not ({panel.customers},): give the period of "
            "enrolling of each customer, NEVER for those who never did."
        )
    if not np.issubdtype(cohort.dtype, np.integer):
        raise ImpactError(
            f"Cohorts are of type {cohort.dtype}: give integers, NEVER for who never did."
        )
    return cohort.astype(np.int64)


def as_assigned(cohort: np.ndarray, held_out: np.ndarray, after: int) -> np.ndarray:
    """Return the cohorts by what was decided, not by what came of it: intention to treat.

    Who enrols fewer than ``after`` periods after being held out counts as held out all the same:
    who does so is not a matter of chance.

    Parameters
    ----------
    cohort, held_out
        (customers,) period of enrolling and of being held out, ``NEVER`` where never.
    after
        Periods in which the effect is looked at.
    """
    crosses = (held_out != NEVER) & (cohort >= held_out) & (cohort - held_out < after)
    return np.where(crosses, NEVER, cohort)


def stack(
    panel: Panel,
    cohort: np.ndarray,
    starts: np.ndarray,
    before: Window,
    after: Window,
    settings: ProgramSettings,
    held_out: np.ndarray | None = None,
) -> Rows:
    """Return the rows of the cohorts of ``starts``: all who were there in both windows.

    Where there is ``held_out``, controls of a start are those who were kept out at that start.

    Of the controls some are drawn per start, as the settings say: other numbers of those with and
    without an answer in either window.
    """
    parts = []
    has_weight = panel.weight > 0
    for start in starts:
        is_treated = cohort == start
        is_control = cohort >= waits_until(panel, start, before, after, settings)
        is_control &= ~is_treated
        if held_out is not None:
            is_control &= held_out == start
        bounds = [(start + window.first, start + window.end) for window in (before, after)]
        is_there = panel.is_there(*bounds[0]) & panel.is_there(*bounds[1])
        customer = np.flatnonzero(has_weight & is_there & (is_treated | is_control))
        rows = Rows(
            customer,
            np.full(len(customer), start),
            is_treated[customer],
            panel.weight[customer],
        )
        has_answered = panel.answers_in(*bounds[0]) + panel.answers_in(*bounds[1]) > 0
        parts.append(_thinned(rows, has_answered[customer], settings))
    return _joined(parts)


def _joined(parts: Sequence[Rows]) -> Rows:
    """Return the rows of all parts."""
    nothing = Rows(*(np.zeros(0, dtype=kind) for kind in (np.int64, np.int64, bool, np.float64)))
    return Rows(
        *(
            np.concatenate([getattr(part, column.name) for part in [*parts, nothing]])
            for column in fields(Rows)
        )
    )


def waits_until(
    panel: Panel, start: np.ndarray, before: Window, after: Window, settings: ProgramSettings
) -> np.ndarray:
    """Return (starts,) the period until which controls of a start do not enrol.

    Nobody is known to enrol after the last period.
    """
    end = np.minimum(np.asarray(start) + max(after.end, before.end), panel.periods)
    return np.full_like(end, NEVER) if settings.controls == NEVER_TREATED else end


def is_at_risk(panel: Panel, cohort: np.ndarray, start: int) -> np.ndarray:
    """Return (customers,) who could enrol in a period: they are there, and have not enrolled."""
    return (panel.weight > 0) & (cohort >= start) & panel.is_there(start, start + 1)


def at_risk(
    panel: Panel, cohort: np.ndarray, starts: np.ndarray, settings: ProgramSettings
) -> Rows:
    """Return who could enrol in each of the periods ``starts``, treated if they did then.

    Of those who did not, some are drawn.
    """
    parts = []
    for start in starts:
        customer = np.flatnonzero(is_at_risk(panel, cohort, start))
        is_treated = cohort[customer] == start
        factor = thin_controls(is_treated, settings.controls_drawn, seed=int(start))
        at = np.full(len(customer), start)
        rows = Rows(customer, at, is_treated, panel.weight[customer] * factor)
        parts.append(rows.take(factor > 0))
    return _joined(parts)


def _thinned(rows: Rows, has_answered: np.ndarray, settings: ProgramSettings) -> Rows:
    """Return the rows of one start with some of the controls standing for the others."""
    if not len(rows):
        return rows
    factor = np.ones(len(rows))
    for place, (kind, drawn) in enumerate(
        ((~has_answered, settings.controls_drawn), (has_answered, settings.answering_drawn))
    ):
        others = ~rows.is_treated & kind
        factor *= thin_controls(~others, drawn, seed=2 * int(rows.start[0]) + place)
    return replace(rows, weight=rows.weight * factor).take(factor > 0)


def blocks_of(
    panel: Panel, cohort: np.ndarray, before: Window, after: Window, settings: ProgramSettings
) -> list[np.ndarray]:
    """Return the starts that are estimated together: adjacent, with enough answers of the enrolled.

    How many answers there are decides, never what they say.
    """
    is_possible = (cohort != NEVER) & (panel.weight > 0)
    is_possible &= (cohort > 0) & (cohort < panel.periods)
    if not is_possible.any():
        return []
    starts, place = np.unique(cohort[is_possible], return_inverse=True)
    place_of = np.full(panel.customers, -1)
    place_of[is_possible] = place
    place, since = (
        values[panel.answers.customer] for values in (place_of, np.where(is_possible, cohort, 0))
    )
    since = panel.answers.period - since
    is_in = [(place >= 0) & window.holds(since) for window in (before, after)]
    weight = panel.answers.weight
    answers = np.stack([np.bincount(place[one], weight[one], len(starts)) for one in is_in])
    blocks: list[np.ndarray] = []
    first = 0
    for end in range(1, len(starts) + 1):
        is_long = starts[end - 1] - starts[first] + 1 >= settings.step
        has_answers = (answers[:, first:end].sum(axis=1) >= settings.fewest_answers).all()
        if is_long and has_answers:
            blocks.append(starts[first:end])
            first = end
    rest = starts[first:]
    if len(rest) and blocks:
        blocks[-1] = np.concatenate([blocks[-1], rest])
    elif len(rest):
        blocks.append(rest)
    return blocks
