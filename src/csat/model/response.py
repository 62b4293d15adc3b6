"""Who answers: weights that let the answers speak for everyone.

Answers (cases) are set against customer-days drawn from everyone (the population), so that
customers who were never invited are represented too. A logistic regression with splines of
everything known when the survey went out gives the odds of being a case at x, which are
proportional to f_answers(x) / f_everyone(x), the response propensity up to a constant. The weight
of an answer is one over it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from csat.model.evaluation import kish_effective_n
from csat.model.features import NUMERIC, FeatureDefinition, labels, numbers
from csat.model.logistic import fit_logistic

#: Quantiles of the population at which the splines have their knots (Harrell 2015, 4 knots).
KNOT_QUANTILES = (0.05, 0.35, 0.65, 0.95)
#: Categories with fewer rows of the population share one column.
FEWEST_OF_A_CATEGORY = 20
#: With fewer answers than this the propensity is not fitted.
FEWEST_ANSWERS = 50
#: Weights are capped at this quantile of theirs.
CAP_QUANTILE = 0.99
#: Ridge on standardised columns, in answers.
PENALTY = 1.0


@dataclass(frozen=True, eq=False)
class ResponseWeights:
    """A weight per answer, in the order given.

    Parameters
    ----------
    weights
        (answers,), mean 1, all above 0.
    relative_propensity
        (answers,): how much more likely an answer is there than at an average customer-day; null
        array where it was not fitted.
    effective_answers
        Kish's (Σ w)² / Σ w².
    capped_share
        Share of the answers whose weight was capped, 0 to 1; null where not fitted.
    outside_support_share
        Share of the population where an answer is less likely than at any answer given, so that
        no weight can make the answers speak for it, 0 to 1; null where not fitted.
    reason
        Why the weights are all 1, null where they are fitted.
    """

    weights: np.ndarray
    relative_propensity: np.ndarray | None
    effective_answers: float
    capped_share: float | None
    outside_support_share: float | None
    reason: str | None


def response_weights(
    answers: pa.Table,
    population: pa.Table,
    features: Sequence[FeatureDefinition],
    *,
    fewest_answers: int = FEWEST_ANSWERS,
) -> ResponseWeights:
    """Weight answers by 1/π̂, capped at the 99th percentile and normalised to mean 1.

    Parameters
    ----------
    answers
        One row per answer, columns as known when its survey was sent.
    population
        Customer-days sampled from everyone, with the same columns. Both sides leave out the days
        younger than the 95 % answer lag: their answers are still to come.
    features
        What may tell who answers; directions do not matter here.

    Raises
    ------
    ModelError
        If a column is missing or holds no numbers where it should.
    """
    count = answers.num_rows
    if count < fewest_answers or population.num_rows == 0:
        return _equal_weights(
            count,
            f"{count} answers and {population.num_rows} customer-days of the population: "
            f"fewer than {fewest_answers} and 1, so all weights are 1.",
        )
    blocks = [_columns(answers, population, feature) for feature in features]
    columns = np.hstack([block for block in blocks if block.shape[1]] or [np.empty((0, 0))])
    if columns.size == 0:
        return _equal_weights(count, "No feature differs in the population: all weights are 1.")
    design = np.column_stack([np.ones(len(columns)), columns])
    is_answer = np.zeros(len(design))
    is_answer[:count] = 1.0
    # Both sides count alike, so that the constant of proportionality is about 1.
    weight = np.where(is_answer > 0, 1.0, count / population.num_rows)
    penalty = np.full(design.shape[1], PENALTY)
    penalty[0] = 0.0
    logit = design @ fit_logistic(design, is_answer, weight, penalty)
    odds = np.exp(logit)
    uncapped = 1 / odds[:count]
    cap = np.quantile(uncapped, CAP_QUANTILE)
    weights = np.minimum(uncapped, cap)
    weights /= weights.mean()
    return ResponseWeights(
        weights=weights,
        relative_propensity=odds[:count],
        effective_answers=kish_effective_n(weights),
        capped_share=float(np.mean(uncapped > cap)),
        outside_support_share=float(np.mean(odds[count:] < odds[:count].min())),
        reason=None,
    )


def _equal_weights(count: int, reason: str) -> ResponseWeights:
    return ResponseWeights(np.ones(count), None, float(count), None, None, reason)


def _columns(answers: pa.Table, population: pa.Table, feature: FeatureDefinition) -> np.ndarray:
    """Return a feature's columns for answers and population, one below the other, standardised."""
    count = answers.num_rows
    if feature.kind == NUMERIC:
        values = np.concatenate([numbers(table, feature.name) for table in (answers, population)])
        missing = np.isnan(values)
        columns = [missing.astype(np.float64)]
        known = values[count:][~missing[count:]]
        if len(known):
            columns.extend(_spline(np.where(missing, np.median(known), values), known))
    else:
        names = pa.concat_arrays([labels(table, feature.name) for table in (answers, population)])
        counts = pc.value_counts(names.slice(count).drop_null()).to_pylist()
        frequent = sorted(row["values"] for row in counts if row["counts"] >= FEWEST_OF_A_CATEGORY)
        columns = [
            pc.fill_null(pc.equal(names, category), False)
            .cast(pa.int8())
            .to_numpy(zero_copy_only=False)
            .astype(np.float64)
            for category in frequent
        ]
        columns.append(pc.is_null(names).to_numpy(zero_copy_only=False).astype(np.float64))
    kept = []
    for column in columns:
        deviation = column[count:].std()
        if deviation > 0:
            kept.append((column - column[count:].mean()) / deviation)
    return np.column_stack(kept) if kept else np.empty((len(columns[0]), 0))


def _spline(values: np.ndarray, known: np.ndarray) -> list[np.ndarray]:
    """Return a restricted cubic spline: linear outside of its knots, which are quantiles.

    Values beyond the 0.5 % and 99.5 % quantiles of the population count as those. The columns are
    x, and for each knot but the last two (x - t_k)³₊ less the parts that make the ends linear
    (Harrell 2015, equation 2.25).
    """
    low, high = np.quantile(known, (0.005, 0.995))
    x = np.clip(values, low, high)
    knots = np.unique(np.quantile(known, KNOT_QUANTILES))
    columns = [x]
    if len(knots) > 2:
        last, before = knots[-1], knots[-2]
        scale = (last - knots[0]) ** 2

        def cube(knot: float) -> np.ndarray:
            return np.maximum(x - knot, 0) ** 3

        for knot in knots[:-2]:
            columns.append(
                (
                    cube(knot)
                    - cube(before) * (last - knot) / (last - before)
                    + cube(last) * (before - knot) / (last - before)
                )
                / scale
            )
    return columns
