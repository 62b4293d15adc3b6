"""What answers are to be expected whoever handles the contact: a ridge logistic regression.

What goes into it decides what is fair: only what the handling has no hand in, such as the topic,
the channel, the survey's wording, the wait in line and how satisfied the customer was before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from csat.estimation.residuals import EstimationError
from csat.model.logistic import fit_logistic, sigmoid

#: Categories with fewer answers share one column.
FEWEST_OF_A_CATEGORY = 20


@dataclass(frozen=True, eq=False)
class Expectation:
    """What would be answered whoever had handled the contact, as far as it was known before.

    Parameters
    ----------
    satisfied
        (n,) the answers, 0 or 1.
    probability
        (n,) of "satisfied".
    design
        (n, columns), the intercept first.
    columns
        Names of the columns.
    coefficients, penalty
        (columns,) on the logit, and the precisions of their priors.
    """

    satisfied: np.ndarray
    probability: np.ndarray
    design: np.ndarray
    columns: tuple[str, ...]
    coefficients: np.ndarray
    penalty: np.ndarray


def fit_expectation(
    satisfied: np.ndarray,
    *,
    categories: Mapping[str, np.ndarray] | None = None,
    numbers: Mapping[str, np.ndarray] | None = None,
    flags: Mapping[str, np.ndarray] | None = None,
) -> Expectation:
    """Fit what is to be expected of each answer, by ridge logistic regression.

    A category has a column with prior N(0, 1) on the logit, those with few answers together; so has
    a flag; a number has one per standard deviation. What is missing is a column of its own.

    Parameters
    ----------
    satisfied
        (n,) 0 or 1.
    categories
        (n,) texts, null where missing.
    numbers
        (n,) numbers, NaN where missing.
    flags
        (n,) 0 or 1, NaN where missing.

    Raises
    ------
    EstimationError
        If answers are neither 0 nor 1, or a column has another length.
    """
    y = np.asarray(satisfied, dtype=np.float64)
    if not np.isin(y, (0.0, 1.0)).all():
        raise EstimationError("Answers must be 0 or 1: leave out those that are missing.")
    given = {**(categories or {}), **(numbers or {}), **(flags or {})}
    for name, values in given.items():
        if len(values) != len(y):
            raise EstimationError(f"{name} has {len(values)} values for {len(y)} answers.")
    columns: dict[str, np.ndarray] = {"intercept": np.ones(len(y))}
    for name, values in (flags or {}).items():
        columns |= _numeric(name, np.asarray(values, dtype=np.float64), is_standardised=False)
    for name, values in (numbers or {}).items():
        columns |= _numeric(name, np.asarray(values, dtype=np.float64), is_standardised=True)
    for name, values in (categories or {}).items():
        columns |= _one_hot(name, np.asarray(values, dtype=object))
    design = np.column_stack(list(columns.values()))
    penalty = np.ones(design.shape[1])
    # With answers of one kind only, nothing but a prior keeps the intercept finite.
    penalty[0] = 0.0 if 0 < y.sum() < len(y) else 1.0
    coefficients = fit_logistic(design, y, np.ones(len(y)), penalty)
    return Expectation(
        y, sigmoid(design @ coefficients), design, tuple(columns), coefficients, penalty
    )


def _numeric(name: str, values: np.ndarray, *, is_standardised: bool) -> dict[str, np.ndarray]:
    """Return the columns of a number: none where all are the same."""
    missing = np.isnan(values)
    known = values[~missing]
    columns = {}
    if len(known) and known.std() > 0:
        if is_standardised:
            values = (values - known.mean()) / known.std()
        columns[name] = np.where(missing, 0.0, values)
    if 0 < missing.sum() < len(values):
        columns[f"{name} missing"] = missing.astype(np.float64)
    return columns


def _one_hot(name: str, values: np.ndarray) -> dict[str, np.ndarray]:
    """Return a column per category, one for those with few answers, one for what is missing."""
    texts = np.array(["missing" if value is None else f"{value}" for value in values], dtype=object)
    found, number, counts = np.unique(texts, return_inverse=True, return_counts=True)
    frequent = np.flatnonzero(counts >= FEWEST_OF_A_CATEGORY)
    columns = {f"{name}: {found[k]}": (number == k).astype(np.float64) for k in frequent}
    if 0 < len(frequent) < len(found):
        columns[f"{name}: rare"] = (~np.isin(number, frequent)).astype(np.float64)
    return columns if len(columns) > 1 else {}
