"""How much an answer surprises, and whether so many bad ones are more than luck."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit
from scipy.stats import poisson_binom

from csat.estimation.expectation import Expectation

#: Probabilities are held so far from 0 and 1 when they become logits.
NEAREST_TO_CERTAIN = 1e-6


def expected_by_others(expectation: Expectation) -> np.ndarray:
    """Return what all other answers expect of each one: its probability of "satisfied", (n,).

    One step of Newton's method from the fit with the answer left out (Pregibon 1981): with
    r = y - m, w = m (1 - m) and leverage h = w x'(X'WX + P)⁻¹x, the logit loses

        h r / (w (1 - h)).

    So an answer does not expect itself, which would make every answer look less surprising.
    """
    m, x = expectation.probability, expectation.design
    w = np.maximum(m * (1 - m), NEAREST_TO_CERTAIN)
    information = (x * w[:, None]).T @ x + np.diag(expectation.penalty)
    leverage = w * np.einsum("ij,ij->i", x @ np.linalg.pinv(information), x)
    # Only with a column of its own would an answer have all the leverage; the prior forbids it.
    leverage = np.minimum(leverage, 1 - NEAREST_TO_CERTAIN)
    fitted = logit(np.clip(m, NEAREST_TO_CERTAIN, 1 - NEAREST_TO_CERTAIN))
    return expit(fitted - leverage * (expectation.satisfied - m) / (w * (1 - leverage)))


def chance_of_as_many(expected: np.ndarray, unsatisfied: int) -> float:
    """Return the probability of at least so many unsatisfied answers by luck alone.

    Each of the n answers is unsatisfied with probability 1 - ``expected`` by itself: their number
    has Poisson's binomial distribution.

    Examples
    --------
    >>> round(chance_of_as_many(np.array([0.8, 0.8, 0.5]), 2), 3)
    0.2
    """
    if unsatisfied <= 0 or not len(expected):
        return 1.0
    return float(np.clip(poisson_binom(1 - np.asarray(expected)).sf(unsatisfied - 1), 0, 1))
