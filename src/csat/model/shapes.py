"""The shape of each term: what its cells are worth in points to the customers who are in them.

A contribution times 100 p* (1 - p*) is only near the points, and only near the base. Exactly, a
customer i in cell c of term j has s_i (f_c - f*_j), with the secant slope s_i and the reference
f*_j = Σ_i s_i f_j(x_i) / Σ_i s_i of ``csat.model.points``. The n_c customers in a cell share f_c,
so that their mean is

    points_c = S_c / n_c × (f_c - f*_j),  S_c = Σ of their s_i,  f*_j = Σ_c S_c f_c / Σ_c S_c.

So Σ_c n_c points_c = 0 for each term; s_i > 0, so that Σ_c n_c |points_c| / Σ_c n_c is the mean of
|points| over the customers. A cell that nobody is in is told at the mean slope of everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from csat.model.features import ModelError
from csat.model.logistic import logit_of
from csat.model.points import secant_slopes
from csat.model.scoring import score
from csat.model.tables import Term, TrainedModel

#: Sums are of whole numbers of this size, so that they do not depend on the order of batches.
UNIT = 1e-9


@dataclass(frozen=True, eq=False)
class TermShape:
    """The cells of one term, in the order of ``TERMS_SCHEMA``'s ``cell_number``.

    Parameters
    ----------
    term
        A feature or a pair.
    customers
        (cells,) customers in the cell.
    points
        (cells,) mean points of the term for these, out of 100; 0 on average over all customers.
    lower, upper
        (cells,) points less and plus the model's interval factor times the sample deviation of
        what the bags give, each against its own reference: how sure the model is of the cell.
    """

    term: Term
    customers: np.ndarray
    points: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    @property
    def mean_points(self) -> float:
        """Mean of |points| over all customers."""
        return float(self.customers @ np.abs(self.points) / self.customers.sum())


def term_shapes(
    model: TrainedModel, batches: Callable[[], Iterable[pa.RecordBatch]]
) -> tuple[TermShape, ...]:
    """Return the shape of each term that makes a difference to anybody, in the model's order.

    Reads the customers twice, first for p*; what it holds does not grow with their number.

    Parameters
    ----------
    model
        Held at its reference instrument.
    batches
        Returns the feature rows of all customers, anew each time.

    Raises
    ------
    ModelError
        If there are no customers.
    """
    customers = total = 0
    for batch in batches():
        probability = score(model, pa.table(batch)).probability
        customers += len(probability)
        total += int(np.round(probability / UNIT).astype(np.int64).sum())
    if not customers:
        raise ModelError("There are no customers to compare with: points need a base.")
    base_logit = float(logit_of(total * UNIT / customers))
    terms = [term for term in model.summands if not term.is_flat]
    counts = [np.zeros(term.contributions.size, dtype=np.int64) for term in terms]
    slopes = [np.zeros(term.contributions.size, dtype=np.int64) for term in terms]
    for batch in batches():
        table = pa.table(batch)
        units = np.round(secant_slopes(score(model, table).logit, base_logit) / UNIT)
        for number, cells in enumerate(_cells(terms, table)):
            size = terms[number].contributions.size
            counts[number] += np.bincount(cells, minlength=size)
            slopes[number] += np.bincount(cells, weights=units, minlength=size).astype(np.int64)
    return tuple(
        _shape(model, term, of_cells, UNIT * of_slopes)
        for term, of_cells, of_slopes in zip(terms, counts, slopes, strict=True)
    )


def _cells(terms: Iterable[Term], table: pa.Table) -> Iterator[np.ndarray]:
    """Yield for each term the cell of each row."""
    found: dict[tuple, np.ndarray] = {}
    for term in terms:
        cells = np.zeros(table.num_rows, dtype=np.int64)
        for axis in term.axes:
            if axis.key not in found:
                found[axis.key] = axis.bin_numbers(table)
            cells = cells * axis.bins + found[axis.key]
        yield cells


def _shape(model: TrainedModel, term: Term, customers: np.ndarray, sums: np.ndarray) -> TermShape:
    mean = sums.sum() / customers.sum()
    slopes = np.divide(sums, customers, out=np.full(len(sums), mean), where=customers > 0)

    def points(contributions: np.ndarray) -> np.ndarray:
        return slopes * (contributions - contributions @ sums / sums.sum())

    own = points(term.contributions.ravel())
    of_bags = np.stack([points(bag) for bag in term.bag_contributions.reshape(model.bags, -1)])
    half = model.interval_factor * of_bags.std(axis=0, ddof=1)
    return TermShape(term, customers, own, own - half, own + half)
