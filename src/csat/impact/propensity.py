"""The propensity to enrol, to full precision."""

from __future__ import annotations

import numpy as np

#: Newton's method ends with a step that gains less log-likelihood; the error left is its square.
LEAST_GAIN = 1e-9


def weighted_gram(design: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return (columns, columns) Σ w x x' of rows that weigh 0 or more.

    A product of a matrix with itself is recognised as symmetric, and costs half.
    """
    scaled = design * np.sqrt(weight)[:, None]
    return scaled.T @ scaled


def fit_propensity(
    design: np.ndarray,
    is_treated: np.ndarray,
    weight: np.ndarray,
    penalty: np.ndarray,
    beginning: np.ndarray,
    rounds: int = 100,
) -> np.ndarray:
    """Minimise Σ w log-loss + ½ Σ penalty_k coefficient_k² by Newton's method with step halving.

    The same as ``fit_logistic``, for one design of many rows: it begins near the solution, takes
    the gradient and the loss from one exponential per row, and goes on until nothing is gained, so
    that rounding decides nothing that can be seen of an effect.

    Parameters
    ----------
    design
        (rows, columns).
    is_treated, weight
        (rows,) outcome, and weights, not negative.
    penalty, beginning
        (columns,) ridge, and coefficients to begin with.
    rounds
        At most so many steps.

    Returns
    -------
    numpy.ndarray
        (columns,) coefficients.
    """
    sign = np.where(is_treated, -1.0, 1.0)

    def at(beta: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the loss, and the probability of what did not happen: 1 / (1 + exp(-z))."""
        wrong = sign * (design @ beta)
        small = np.exp(-np.abs(wrong))
        loss = weight @ (np.maximum(wrong, 0.0) + np.log1p(small))
        missed = np.where(wrong >= 0, 1.0, small) / (1.0 + small)
        return float(loss + 0.5 * penalty @ beta**2), missed

    beta = beginning
    loss, missed = at(beta)
    for _ in range(rounds):
        gradient = (weight * sign * missed) @ design + penalty * beta
        hessian = weighted_gram(design, weight * missed * (1 - missed))
        hessian[np.diag_indices_from(hessian)] += penalty
        step = np.linalg.lstsq(hessian, gradient, rcond=1e-12)[0]
        gain = gradient @ step / 2
        scale = 1.0
        proposed, found = beta - step, at(beta - step)
        # What is less than rounding of the loss is no loss.
        while found[0] > loss * (1 + 1e-12) and gain > LEAST_GAIN and scale > 1e-6:
            scale /= 2
            proposed, found = beta - scale * step, at(beta - scale * step)
        beta, (loss, missed) = proposed, found
        if gain <= LEAST_GAIN:
            break
    return beta
