"""Scoring in numpy: the exact reference for the SQL, and fast enough to score in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from csat.model.logistic import sigmoid
from csat.model.tables import Axis, TrainedModel, rounded_logits


@dataclass(frozen=True, eq=False)
class Scores:
    """What the model says of n rows.

    ``logit`` = intercept + sum of a row's ``contributions``, rounded to ``DECIMALS_OF_LOGITS``, as
    the summands are: it is the double next to their exact sum, whatever the order of adding.
    ``probability`` = sigmoid(logit), so that csat_score = 100 × probability. ``half_width`` is the
    interval factor times the sample deviation of the row's ``bag_logits``; ``lower`` and ``upper``
    are the sigmoid of the logit less and plus it.

    Parameters
    ----------
    terms
        Names of the t terms.
    contributions
        (n, t), in logits.
    logit, probability, lower, upper, half_width
        (n,); ``half_width`` in logits, from 0.
    bag_logits
        (n, bags): the whole score of each bag.
    """

    terms: tuple[str, ...]
    contributions: np.ndarray
    logit: np.ndarray
    probability: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    half_width: np.ndarray
    bag_logits: np.ndarray


def score(model: TrainedModel, table: pa.Table) -> Scores:
    """Score each row of a feature table.

    Parameters
    ----------
    model
        Trained, or read back from its tables.
    table
        One column per feature of the model; others are ignored.

    Raises
    ------
    ModelError
        If a feature has no column, or one that holds no numbers where it should.
    """
    return score_bins(model, table.num_rows, lambda axis: axis.bin_numbers(table))


def score_bins(model: TrainedModel, rows: int, bins_of: Callable[[Axis], np.ndarray]) -> Scores:
    """Score rows of which it is known how to find the bins: what ``score`` does of a table.

    Parameters
    ----------
    model
        Trained, or read back from its tables.
    rows
        How many there are.
    bins_of
        Returns the bin of each row by an axis, (rows,) integers. Axes that cut alike are asked for
        once.
    """
    totals = np.tile(np.concatenate([[model.intercept], model.bag_intercepts]), (rows, 1))
    contributions = np.zeros((rows, len(model.summands)), order="F")
    taken = np.empty_like(totals)
    found: dict[tuple, np.ndarray] = {}
    for number, term in enumerate(model.summands):
        if term.is_flat:
            continue
        cells: np.ndarray | int = 0
        for axis in term.axes:
            if axis.key not in found:
                found[axis.key] = bins_of(axis)
            cells = cells * axis.bins + found[axis.key]
        by_cell = np.column_stack(
            [term.contributions.ravel(), term.bag_contributions.reshape(model.bags, -1).T]
        )
        # No cell lies outside, so that nothing is clipped: it spares numpy a copy.
        np.take(by_cell, cells, axis=0, out=taken, mode="clip")
        contributions[:, number] = taken[:, 0]
        totals += taken
    return _scores(model, contributions, totals)


def grouped(
    model: TrainedModel, scores: Scores, groups: Mapping[str, str]
) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the groups' names and their contributions (n, groups), which add up like the terms'.

    They have ``DECIMALS_OF_LOGITS`` decimals, as the terms' have.

    Parameters
    ----------
    groups
        The group of each feature: its driver, its family, or itself. A pair counts half for each
        of its two features.
    """
    shares = model.shares(groups)
    sums = np.zeros((len(scores.logit), len(shares)), order="F")
    for number, parts in enumerate(shares.values()):
        for place, share in parts:
            sums[:, number] += share * scores.contributions[:, place]
    return tuple(shares), rounded_logits(sums)


def contrasts(bags: int) -> np.ndarray:
    """Return (bags - 1, bags) orthonormal rows that each sum to 0 (Helmert).

    The squares of a row's contrasts add up to the squared deviations of its bags from their mean:
    the spread of the bags in one number less than there are bags.
    """
    rows = np.tril(np.ones((bags, bags)), -1)[1:]
    sizes = np.arange(1, bags)
    rows[np.arange(bags - 1), sizes] = -sizes
    return rows / np.sqrt(sizes * (sizes + 1.0))[:, None]


def bag_contrasts(scores: Scores) -> np.ndarray:
    """Return (n, bags - 1) orthonormal contrasts of the probabilities that the bags give each row.

    Means of them, such as those of a segment, are contrasts of the bags' means.
    """
    # A single row would be multiplied in another order of sums: whatever the batch, bits are alike.
    rows, bags = scores.bag_logits.shape
    logits = np.repeat(scores.bag_logits, 2, axis=0) if rows == 1 else scores.bag_logits
    return (sigmoid(logits) @ contrasts(bags).T)[:rows]


def _scores(model: TrainedModel, contributions: np.ndarray, totals: np.ndarray) -> Scores:
    logit = rounded_logits(totals[:, 0])
    bag_logits = totals[:, 1:]
    half = model.interval_factor * bag_logits.std(axis=1, ddof=1)
    return Scores(
        terms=tuple(term.name for term in model.summands),
        contributions=contributions,
        logit=logit,
        probability=sigmoid(logit),
        lower=sigmoid(logit - half),
        upper=sigmoid(logit + half),
        half_width=half,
        bag_logits=bag_logits,
    )


def score_batches(
    model: TrainedModel,
    batches: Iterable[pa.RecordBatch],
    keys: Iterable[str],
    *,
    groups: Mapping[str, str] | None = None,
) -> pa.RecordBatchReader:
    """Score a stream of batches lazily; columns and parameters are those of ``scoring_sql``.

    Parameters
    ----------
    batches
        A reader of feature rows; one batch is held at a time.
    keys
        Columns to carry along.
    """
    batches = iter(batches)
    first = next(batches, None)
    keys = list(keys)
    if first is None:
        return pa.RecordBatchReader.from_batches(_schema(model, [], groups), iter(()))
    schema = _schema(model, [first.schema.field(key) for key in keys], groups)

    def scored() -> Iterator[pa.RecordBatch]:
        batch: pa.RecordBatch | None = first
        while batch is not None:
            scores = score(model, pa.table(batch))
            shown = scores.contributions if groups is None else grouped(model, scores, groups)[1]
            yield pa.record_batch(
                [
                    *(batch.column(key) for key in keys),
                    pa.array(np.full(batch.num_rows, model.intercept)),
                    *(pa.array(column) for column in shown.T),
                    *map(pa.array, (scores.logit, scores.probability, scores.lower, scores.upper)),
                ],
                schema=schema,
            )
            batch = next(batches, None)

    return pa.RecordBatchReader.from_batches(schema, scored())


def _schema(
    model: TrainedModel, keys: list[pa.Field], groups: Mapping[str, str] | None
) -> pa.Schema:
    shown = (
        [term.column for term in model.summands]
        if groups is None
        else [f"contribution_{group}" for group in model.shares(groups)]
    )
    totals = ("logit", "probability", "probability_lower", "probability_upper")
    return pa.schema([*keys, *((name, pa.float64()) for name in ("intercept", *shown, *totals))])
