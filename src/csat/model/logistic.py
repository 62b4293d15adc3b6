"""Logistic regression by Newton's method, small and exact enough to be deterministic."""

from __future__ import annotations

import numpy as np


def sigmoid(logit: np.ndarray | float) -> np.ndarray:
    """1 / (1 + exp(-logit)), without overflow, in double precision."""
    logit = np.asarray(logit, dtype=np.float64)
    small = np.exp(-np.abs(logit))
    return np.where(logit >= 0, 1.0, small) / (1.0 + small)


def logit_of(probability: np.ndarray | float) -> np.ndarray:
    """log(p / (1 - p))."""
    probability = np.asarray(probability, dtype=np.float64)
    return np.log(probability) - np.log1p(-probability)


def log_loss_of_logit(logit: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """Return -log of the probability that each outcome (0 or 1) was given, per row, from logits."""
    return np.logaddexp(0.0, np.where(np.asarray(outcome) > 0, -logit, logit))


def fit_logistic(
    design: np.ndarray,
    outcome: np.ndarray,
    weight: np.ndarray,
    penalty: np.ndarray,
    rounds: int = 100,
    *,
    offset: np.ndarray | float = 0.0,
) -> np.ndarray:
    """Minimise Σ w log-loss + ½ Σ penalty_k coefficient_k² by Newton's method with step halving.

    Parameters
    ----------
    design
        (rows, columns); a column of ones is the intercept.
    outcome, weight
        (rows,); outcomes 0 or 1, weights not negative.
    penalty
        (columns,); 0 leaves a coefficient free, which then needs both outcomes to exist.
    rounds
        At most so many Newton steps; ends earlier when a step improves by less than 1e-10 of
        the whole.
    offset
        (rows,) logits to which the fit is added.

    Returns
    -------
    numpy.ndarray
        (columns,) coefficients.
    """

    def loss(beta: np.ndarray) -> float:
        fit = np.sum(weight * log_loss_of_logit(offset + design @ beta, outcome))
        return float(fit + 0.5 * np.sum(penalty * beta**2))

    beta = np.zeros(design.shape[1])
    current = loss(beta)
    for _ in range(rounds):
        probability = sigmoid(offset + design @ beta)
        gradient = design.T @ (weight * (probability - outcome)) + penalty * beta
        curvature = weight * probability * (1 - probability)
        hessian = (design * curvature[:, None]).T @ design
        hessian[np.diag_indices_from(hessian)] += penalty
        step = np.linalg.lstsq(hessian, gradient, rcond=1e-12)[0]
        scale = 1.0
        while loss(beta - scale * step) > current and scale > 1e-6:
            scale /= 2
        proposed = beta - scale * step
        improved = current - loss(proposed)
        if improved <= 0:
            break
        beta, current = proposed, current - improved
        if improved < 1e-10 * max(current, 1.0):
            break
    return beta
