"""How far single scores are from the truth: what the bags see of it, and what they all share.

The bags differ by chance only. What shrinkage takes from every bag alike shows in answers that the
model has not seen: where predictions are wrong together, what is left of the answers goes together.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from csat.model.boosting import Examples
from csat.model.features import NUMERIC, FeatureDefinition, numbers
from csat.model.logistic import sigmoid

#: Values that fewer answers have, or lack, say nothing on their own.
FEWEST_ANSWERS_OF_A_VALUE = 10
#: Added to the unit variance of each direction, so that features that say the same stay stable.
RIDGE = 0.01


def interval_factor(
    bags: int, confidence: float, bag_variance: float, error_variance: float | None
) -> float:
    """Return half of the interval in sample deviations of the bags.

    Student's t with B - 1 degrees of freedom, times what makes the mean variance of the bags the
    variance of the error: (B - 1)² / B by the delete-a-group jackknife (Kott 2001), or what was
    measured on unseen answers where that is more. It never makes an interval narrower.

    Parameters
    ----------
    bags
        Their number B.
    confidence
        Between 0 and 1.
    bag_variance
        Mean sample variance of the bags' logits.
    error_variance
        ``error_variance`` of the same answers; null where there is none.
    """
    from scipy.stats import t

    inflation = (bags - 1) ** 2 / bags
    if error_variance is not None and bag_variance > 0:
        inflation = max(inflation, error_variance / bag_variance)
    return float(t.ppf(0.5 + confidence / 2, bags - 1) * np.sqrt(inflation))


def error_variance(
    rows: Examples, features: Sequence[FeatureDefinition], logit: np.ndarray, fold: np.ndarray
) -> float | None:
    """Estimate the mean squared error of out-of-fold logits, as far as features tell of it.

    With r = w (y - p) and v = w p (1 - p), two answers i and j of different customers in one fold,
    which the same model has not seen, have E[r_i r_j] = v_i v_j E[e_i e_j], with e the error of the
    logit. Let the errors' covariance be τ² K, K = X Xᵀ / m, X the m ranks, gaps and categories of
    the features, whitened. Then τ² = Σ r_i r_j K_ij / Σ v_i v_j K_ij² over these pairs (moments of
    the score test of a variance component, Lin 1997), and the mean squared error is τ² times
    the mean of K_ii. Errors off every line of a rank, such as those of a lacking pair, stay unseen.

    Parameters
    ----------
    rows
        Training answers.
    logit, fold
        (rows,) predictions by models that have not seen the fold, and the fold.

    Returns
    -------
    float | None
        In squared logits; it may be below 0 by chance, where there is little error. Null where no
        two answers can be compared.
    """
    probability = sigmoid(logit)
    left = rows.weights * (rows.satisfied - probability)
    v = rows.weights * probability * (1 - probability)
    x = _whitened(_directions(rows, features), v)
    together = above = 0.0
    for part in np.unique(fold):
        here = fold == part
        scores = x[here].T @ left[here]
        information = (x[here] * v[here][:, None]).T @ x[here]
        together += float(scores @ scores)
        above += float(np.sum(information**2))
    # What one customer answers goes together for reasons that no model of features could see.
    _, customer = np.unique(rows.customers, return_inverse=True)
    order = np.argsort(customer, kind="stable")
    for own in np.split(order, np.flatnonzero(np.diff(customer[order])) + 1):
        kernel = x[own] @ x[own].T
        together -= float(left[own] @ kernel @ left[own])
        above -= float(v[own] @ kernel**2 @ v[own])
    if not above > 0:
        return None
    return together / above * float(np.average(np.sum(x**2, axis=1), weights=v))


def _directions(rows: Examples, features: Sequence[FeatureDefinition]) -> np.ndarray:
    """Return (rows, m) ranks of numbers, what is missing, and categories, each of variance 1."""
    found = []
    for feature in features:
        if feature.kind == NUMERIC:
            values = numbers(rows.values, feature.name)
            present = ~np.isnan(values)
            _, group, counts = np.unique(values[present], return_inverse=True, return_counts=True)
            ranks = np.zeros(len(rows))
            middle = np.cumsum(counts) - counts / 2
            ranks[present] = (middle - counts.sum() / 2)[group]
            found += [ranks, (~present).astype(np.float64)]
            continue
        column = rows.values[feature.name].combine_chunks()
        codes = column.dictionary_encode(null_encoding="encode").indices.to_numpy()
        found += [(codes == code).astype(np.float64) for code in range(codes.max() + 1)]
    columns = [column for column in found if _tells(column)]
    if not columns:
        return np.zeros((len(rows), 1))
    x = np.column_stack(columns)
    return (x - x.mean(axis=0)) / x.std(axis=0)


def _tells(column: np.ndarray) -> bool:
    """Tell whether enough answers differ from the most frequent value."""
    _, counts = np.unique(column, return_counts=True)
    return bool(len(column) - counts.max() >= FEWEST_ANSWERS_OF_A_VALUE)


def _whitened(x: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return directions that tell different things: (ΣvxxᵀΣv⁻¹ + ridge)^-½ x / √m."""
    moments = (x * v[:, None]).T @ x / v.sum()
    lower = np.linalg.cholesky(moments + RIDGE * np.eye(x.shape[1]))
    return np.linalg.solve(lower, x.T).T / np.sqrt(x.shape[1])
