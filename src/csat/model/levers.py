"""What the score would be with some features changed: exactly, by one lever and by two at once.

A lever l changes features, so that some rows fall into other cells of some terms. With f(0) the
contribution of a term as the row is, f(l) with the lever and f(k, l) with both,

    change of l        Δ_l  = Σ over the terms that l touches of f(l) - f(0)
    change of k and l  Δ_kl = Δ_k + Δ_l
                              + Σ over the terms that both touch of f(k, l) - f(k) - f(l) + f(0)

and the probability afterwards is sigmoid(η + Δ): what scoring the changed row anew gives. No two
levers change the same feature, so that only a pair of features can be touched by both. What a
lever does not touch is not looked up again, which makes all pairs of levers affordable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from csat.model.features import ModelError
from csat.model.logistic import sigmoid
from csat.model.scoring import score
from csat.model.tables import Axis, Term, TrainedModel


@dataclass(frozen=True, eq=False)
class LeverScores:
    """Scores of n rows with each of m levers.

    Parameters
    ----------
    logit
        (n,) as the rows are.
    changes
        (n, m) change of the logit by each lever alone.
    applies
        (n, m) whether the lever changes a value of the row.
    joint_changes
        For two levers that touch a term together, by their numbers: (n,) what both change beyond
        the sum of each.
    """

    logit: np.ndarray
    changes: np.ndarray
    applies: np.ndarray
    joint_changes: Mapping[tuple[int, int], np.ndarray]

    @property
    def gains(self) -> np.ndarray:
        """(n, m) points of the score, out of 100, that each lever alone adds."""
        return 100 * (sigmoid(self.logit[:, None] + self.changes) - sigmoid(self.logit)[:, None])

    def change_of_two(self, first: int, second: int) -> np.ndarray:
        """Return the (n,) change of the logit by two levers at once, ``first`` < ``second``."""
        change = self.changes[:, first] + self.changes[:, second]
        return change + self.joint_changes.get((first, second), 0.0)

    def best_two(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the best pair of each row among all pairs of levers that both apply.

        Returns
        -------
        first, second
            (n,) numbers of the two levers, -1 where no two apply. Of equal pairs the first one.
        gain
            (n,) points that both add, NaN where no two apply.
        """
        rows, levers = self.changes.shape
        first, second = np.full(rows, -1), np.full(rows, -1)
        best = np.full(rows, -np.inf)
        for one in range(levers):
            for other in range(one + 1, levers):
                both = np.flatnonzero(self.applies[:, one] & self.applies[:, other])
                change = self.change_of_two(one, other)[both]
                better = both[change > best[both]]
                best[better] = self.change_of_two(one, other)[better]
                first[better], second[better] = one, other
        told = first >= 0
        gain = np.full(rows, np.nan)
        gain[told] = 100 * (sigmoid(self.logit + best) - sigmoid(self.logit))[told]
        return first, second, gain


def score_levers(
    model: TrainedModel, table: pa.Table, levers: Sequence[Mapping[str, pa.Array]]
) -> LeverScores:
    """Score rows with each lever, and know what any two would do together.

    Parameters
    ----------
    model
        Held at its reference instrument.
    table
        The features as they are.
    levers
        For each lever the features that it changes, with their values for each row.

    Raises
    ------
    ModelError
        If two levers change the same feature.
    """
    lever_of: dict[str, int] = {}
    for number, changed in enumerate(levers):
        for feature in changed:
            if feature in lever_of:
                raise ModelError(
                    f"Two levers change the feature {feature}: leave it to one of them."
                )
            lever_of[feature] = number
    rows = table.num_rows
    changes = np.zeros((rows, len(levers)))
    joint: dict[tuple[int, int], np.ndarray] = {}
    bins = _Bins(table, levers)
    for term in model.summands:
        touching = sorted({lever_of[a.feature] for a in term.axes if a.feature in lever_of})
        if term.is_flat or not touching:
            continue
        before = bins.contributions(term, ())
        alone = {lever: bins.contributions(term, (lever,)) - before for lever in touching}
        for lever, change in alone.items():
            changes[:, lever] += change
        if len(touching) == 2:
            first, second = touching
            both = bins.contributions(term, (first, second)) - before
            beyond = both - alone[first] - alone[second]
            joint[first, second] = joint.get((first, second), 0.0) + beyond
    return LeverScores(
        logit=score(model, table).logit,
        changes=changes,
        applies=_applies(table, levers),
        joint_changes=joint,
    )


class _Bins:
    """Bins of the rows as they are and with a lever, each looked up once."""

    def __init__(self, table: pa.Table, levers: Sequence[Mapping[str, pa.Array]]):
        self._table = table
        self._levers = levers
        self._found: dict[tuple, np.ndarray] = {}

    def contributions(self, term: Term, levers: tuple[int, ...]) -> np.ndarray:
        """Return the (n,) contributions of a term with some of the levers."""
        cells = np.zeros(self._table.num_rows, dtype=np.int64)
        for axis in term.axes:
            own = next((lever for lever in levers if axis.feature in self._levers[lever]), None)
            cells = cells * axis.bins + self._bins(axis, own)
        return term.contributions.ravel()[cells]

    def _bins(self, axis: Axis, lever: int | None) -> np.ndarray:
        key = (axis.key, lever)
        if key not in self._found:
            table = self._table
            if lever is not None:
                table = pa.table({axis.feature: self._levers[lever][axis.feature]})
            self._found[key] = axis.bin_numbers(table)
        return self._found[key]


def _applies(table: pa.Table, levers: Sequence[Mapping[str, pa.Array]]) -> np.ndarray:
    applies = np.zeros((table.num_rows, len(levers)), dtype=bool)
    for number, changed in enumerate(levers):
        for feature, values in changed.items():
            before = pc.cast(table[feature], pa.float64())
            differs = pc.fill_null(pc.not_equal(before, pc.cast(values, pa.float64())), False)
            applies[:, number] |= differs.to_numpy(zero_copy_only=False)
    return applies
