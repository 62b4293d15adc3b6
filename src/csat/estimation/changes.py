"""How far estimates moved from an earlier day: two ways to ask, with intervals that cover.

``change`` compares what is published today with what was published then. It moves with the truth
and with what was learned since about that day, and is exact over a change of the model.
``movement`` is how far the truth itself moved, as it looks today: less noisy, because what was
learned since enters both days. Its difference from ``change`` is the revision of what was said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from csat.estimation.levels import LevelEstimates
from csat.estimation.residuals import EstimationError


@dataclass(frozen=True, eq=False)
class Change:
    """Today's estimates less those of an earlier day, (S,), in points; NaN where there is none.

    ``is_more_than_noise`` where 0 lies outside of the interval.
    """

    estimate: np.ndarray
    std_error: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    is_more_than_noise: np.ndarray


def change(
    today: LevelEstimates,
    lag: int,
    earlier_estimate: np.ndarray,
    earlier_std_error: np.ndarray,
    *,
    confidence: float = 0.95,
) -> Change:
    """Return the change from what was published ``lag`` days ago, with its interval.

    The two share answers, so that their variances must not be added. With x the truth, its estimate
    x̂_D(D-k) of then as it looks today, and ε the errors,

        Var(ε_D - ε_D-k) = Var(x(D) - x(D-k) | D) + Var(x̂_D(D-k) - x̂_D-k(D-k)),

    because today's errors are orthogonal to all that was known before. The last term, what was
    learned since about then, is Var(ε_D-k) - Var(x(D-k) | D): the variance published then, less
    what is left of it today.

    Parameters
    ----------
    today
        Estimates of the day.
    lag
        k, one of ``today.lags``.
    earlier_estimate, earlier_std_error
        (S,) as published on D-k; NaN where there was none.

    Raises
    ------
    EstimationError
        If the lag is none of those that were estimated.
    """
    row = _row_of(today, lag)
    earlier_variance = np.asarray(earlier_std_error, dtype=np.float64) ** 2
    # The grid's weights change from day to day, so that less may seem to be known than then.
    learned = np.maximum(earlier_variance - today.lag_variance[row], 0.0)
    estimate = today.estimate - np.asarray(earlier_estimate, dtype=np.float64)
    return _with_interval(estimate, np.sqrt(today.change_variance[row] + learned), confidence)


def movement(
    today: LevelEstimates,
    lag: int,
    earlier_score: np.ndarray,
    *,
    confidence: float = 0.95,
) -> Change:
    """Return how far the truth moved in ``lag`` days, as it looks today, with its interval.

    100 (p̄(D) - p̄(D-k)) + x̂_D(D) - x̂_D(D-k), the correction of then re-estimated from all that
    is known today; its variance is Var(x(D) - x(D-k) | D).

    Parameters
    ----------
    today, lag
        As for ``change``.
    earlier_score
        (S,) mean score on D-k, 0 to 100, by the model that is in force today: where another one
        was in force then, its mean score plus by how much the two differed on the day of the
        change. NaN where there was none.

    Raises
    ------
    EstimationError
        If the lag is none of those that were estimated.
    """
    row = _row_of(today, lag)
    earlier = np.asarray(earlier_score, dtype=np.float64) + today.lag_correction[row]
    estimate = today.score_part + today.correction - earlier
    return _with_interval(estimate, np.sqrt(today.change_variance[row]), confidence)


def _row_of(today: LevelEstimates, lag: int) -> int:
    if lag not in today.lags:
        raise EstimationError(f"A change over {lag} days needs it among the lags {today.lags}.")
    return today.lags.index(lag)


def _with_interval(estimate: np.ndarray, std_error: np.ndarray, confidence: float) -> Change:
    half = ndtri(0.5 + confidence / 2) * std_error
    low, high = estimate - half, estimate + half
    return Change(estimate, std_error, low, high, (low > 0) | (high < 0))
