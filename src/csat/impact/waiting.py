"""Whom those who did not enrol until the windows ended stand for.

Controls of a start g are those who do not enrol until the windows end, and so they were chosen by
what happens to them after g: where trouble makes people enrol, those who did not enrol are those
who had less of it, later on, than others of the same history. Compared with them every program that
is aimed at people in trouble looks worse than it is. So each stands for all who would have been in
their place, had nobody enrolled (inverse probability of censoring; Robins and Finkelstein 2000,
Hernán and Robins, *What If*, chapter 21): with h_s the hazard to enrol in period s, of those who
have not yet, given their history before s, a control weighs

    1 / Π (1 - h_s),  g < s < the end of the windows.

Where nothing that changes makes people enrol, all controls of a start weigh the same.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from csat.impact.cohorts import Rows, at_risk, is_at_risk
from csat.impact.history import History
from csat.impact.panel import NEVER, Panel
from csat.impact.propensity import fit_propensity
from csat.impact.settings import ProgramSettings
from csat.model.logistic import logit_of, sigmoid


class Waiting:
    """The chance of not having enrolled yet, of everyone in every period.

    The hazard is logistic: its own level per period, and the same slopes on history in all.

    Parameters
    ----------
    panel, cohort, history, settings
        As ``estimate_program`` takes them.
    """

    def __init__(
        self, panel: Panel, cohort: np.ndarray, history: History, settings: ProgramSettings
    ) -> None:
        self._least = 1 - settings.largest_propensity
        #: (periods + 1, customers) sums of log (1 - h_s) of the periods before each.
        self._kept = np.zeros((panel.periods + 1, panel.customers))
        starts = np.unique(cohort[(cohort > 0) & (cohort != NEVER) & (panel.weight > 0)])
        rows = at_risk(panel, cohort, starts[starts < panel.periods], settings)
        if not rows.is_treated.any():
            return
        starts, period = np.unique(rows.start, return_inverse=True)
        table, names = history.columns(panel, rows.customer, rows.start)
        share = rows.weight / rows.weight.sum()
        mean = share @ table
        spread = np.sqrt(share @ (table - mean) ** 2)
        spread[spread == 0] = 1.0
        design = np.hstack([np.eye(len(starts))[period], (table - mean) / spread])
        enrolling, everyone = (
            np.bincount(period, weight, len(starts))
            for weight in (rows.weight * rows.is_treated, rows.weight)
        )
        beginning = np.zeros(design.shape[1])
        beginning[: len(starts)] = logit_of(np.clip(enrolling / everyone, 1e-6, 1 - 1e-6))
        penalty = np.where(np.arange(design.shape[1]) < len(starts), 1e-9, settings.penalty)
        fitted = fit_propensity(design, rows.is_treated, rows.weight, penalty, beginning)
        levels, slopes = fitted[: len(starts)], fitted[len(starts) :] / spread
        for start, level in zip(starts, levels - slopes @ mean, strict=True):
            waits = np.flatnonzero(is_at_risk(panel, cohort, start) & (cohort > start))
            own = history.columns(panel, waits, np.full(len(waits), start))
            hazard = sigmoid(level + _in_order(*own, names) @ slopes)
            # Someone did wait: nobody was sure to enrol, however surely the rest of a few did.
            hazard = np.minimum(hazard, settings.largest_propensity)
            self._kept[start + 1, waits] = np.log1p(-hazard)
        np.cumsum(self._kept, axis=0, out=self._kept)

    def weighted(self, rows: Rows, end: np.ndarray) -> Rows:
        """Return the rows with controls standing for all who would have waited until ``end``.

        Each for at most as many as the largest propensity allows.
        """
        last = np.minimum(end, len(self._kept) - 1)
        kept = np.exp(self._kept[last, rows.customer] - self._kept[rows.start + 1, rows.customer])
        factor = np.where(rows.is_treated, 1.0, 1 / np.maximum(kept, self._least))
        return replace(rows, weight=rows.weight * factor)


def _in_order(table: np.ndarray, known: tuple[str, ...], names: tuple[str, ...]) -> np.ndarray:
    """Return (rows, names) the columns of these names; 0 says that nothing is unknown."""
    place = {name: number for number, name in enumerate(known)}
    columns = np.zeros((len(table), len(names)))
    for number, name in enumerate(names):
        if name in place:
            columns[:, number] = table[:, place[name]]
    return columns
