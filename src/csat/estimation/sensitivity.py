"""How far estimates would move if satisfied people answered more, or less, than others like them.

Weights undo what can be seen. What cannot: that among customers alike in everything known, the
odds of answering are exp(gamma) times as high for the satisfied. The estimate assumes gamma = 0; no
data but gold answers can tell. With gamma the answers of satisfied customers weigh w exp(-gamma),
and the mean residual moves by

    100 [(R₁ exp(-gamma) + R₀) / (S₁ exp(-gamma) + S₀) - (R₁ + R₀) / (S₁ + S₀)],

S₁, R₁ the sums of w and w r of satisfied answers, S₀, R₀ those of the others: exponential
tilting (Scharfstein, Rotnitzky and Robins 1999; Kim and Yu 2011). It leaves out that the propensity
would be another one, too, which moves the result by some 5 % of the shift.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from csat.estimation.levels import LevelEstimates
from csat.estimation.residuals import AnswerSums, EstimationError

#: Few answers of a segment tell little of how they would move: they are drawn to all by so many.
PRIOR_ANSWERS = 30.0
#: The shift is computed at so many values of gamma from 0 to the limit; between, straight lines.
STEPS = 50


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """Estimates in points for -gamma_max <= gamma <= gamma_max, (S,) arrays; NaN where none.

    Parameters
    ----------
    gamma_max
        The limit that the band was made for.
    estimate_low, estimate_high
        The estimate at gamma_max and at -gamma_max.
    conf_low, conf_high
        The lower end of the interval at gamma_max, and its upper end at -gamma_max.
    conclusion
        The highest of the bounds that the whole interval reaches; NaN where it reaches none.
    flips_at
        The gamma from which on the interval no longer reaches it; NaN where it always does.
    reason
        Why there is no answer, otherwise null.
    """

    gamma_max: float
    estimate_low: np.ndarray
    estimate_high: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    conclusion: np.ndarray
    flips_at: np.ndarray
    reason: np.ndarray


@dataclass(frozen=True, eq=False)
class _Tilt:
    """What happens to S segments at given values of gamma, both (gammas, S).

    ``shift`` in points, falling in gamma, 0 at 0. ``stretch`` is how many times as wide the
    interval is: the slope of the tilted share s t / (s t + 1 - s) in the share s, t = exp(-gamma).
    """

    shift: np.ndarray
    stretch: np.ndarray


def shifts(sums: AnswerSums, segments: int, gammas: Sequence[float]) -> np.ndarray:
    """Return (gammas, S) by how many points the estimates move, falling in gamma; 0 at 0.

    Each segment's sums, of ordinary answers, take ``PRIOR_ANSWERS`` answers of the whole family.

    Raises
    ------
    EstimationError
        If there are no ordinary answers at all.
    """
    return _tilt(sums, segments, gammas).shift


def _tilt(sums: AnswerSums, segments: int, gammas: Sequence[float]) -> _Tilt:
    sums = sums.take(~sums.is_gold)
    if not len(sums):
        raise EstimationError("Without ordinary answers nothing can be said of how they move.")
    columns = []
    for name in ("weight", "satisfied_weight", "weighted_residual", "satisfied_residual"):
        own = sums.by_segment(name, segments)
        columns.append(own + own.sum() * PRIOR_ANSWERS / sums.answers.sum())
    weight, satisfied, residual, satisfied_residual = columns
    tilt = np.exp(-np.asarray(gammas, dtype=np.float64))[:, None]
    tilted_weight = satisfied * tilt + weight - satisfied
    tilted_residual = satisfied_residual * tilt + residual - satisfied_residual
    return _Tilt(
        shift=100 * (tilted_residual / tilted_weight - residual / weight),
        stretch=tilt * (weight / tilted_weight) ** 2,
    )


def sensitivity(
    sums: AnswerSums,
    found: LevelEstimates,
    *,
    gamma_max: float = 0.5,
    bounds: Sequence[float] = (),
) -> Sensitivity:
    """Return the band of estimates over gamma, and where a conclusion flips.

    Parameters
    ----------
    sums, found
        The answers of a family or of the base, and its estimates.
    gamma_max
        Above 0: 0.5 says that the odds of answering may be 1.6 times as high for one side.
    bounds
        Of the bands, in points; a conclusion is the highest that the interval reaches.
    """
    segments = len(found.estimate)
    reason = found.reason.copy()
    if found.response_bias_sd > 0:
        reason[:] = "Gold answers measure it: the estimate is corrected for it."
    known = np.array([why is None for why in reason])
    if not known.any() or not (~sums.is_gold).any():
        reason[known] = "There are no ordinary answers."
        nothing = np.full(segments, np.nan)
        return Sensitivity(gamma_max, *(nothing,) * 6, reason=reason)
    steps = np.linspace(0, gamma_max, STEPS + 1)
    down, up = _tilt(sums, segments, steps), _tilt(sums, segments, [-gamma_max])
    lower = found.estimate + down.shift - down.stretch * (found.estimate - found.conf_low)
    upper = found.estimate + up.shift + up.stretch * (found.conf_high - found.estimate)

    def shown(values: np.ndarray) -> np.ndarray:
        return np.where(known, np.clip(values, 0, 100), np.nan)

    conclusion = np.full(segments, np.nan)
    for bound in sorted(bounds):
        conclusion[known & (found.conf_low >= bound)] = bound
    return Sensitivity(
        gamma_max=gamma_max,
        estimate_low=shown(found.estimate + down.shift[-1]),
        estimate_high=shown(found.estimate + up.shift[0]),
        conf_low=shown(np.minimum(lower[-1], found.conf_low)),
        conf_high=shown(np.maximum(upper[0], found.conf_high)),
        conclusion=conclusion,
        flips_at=_crossing(steps, lower - conclusion),
        reason=reason,
    )


def difference_flips_at(
    sums: AnswerSums,
    conf_low: np.ndarray,
    conf_high: np.ndarray,
    *,
    gamma_max: float = 0.5,
) -> np.ndarray:
    """Return the gamma nearest to 0 at which "above the base" or "below the base" no longer holds.

    The same gamma moves the base and the segment, so that differences are hardier than levels.

    Parameters
    ----------
    sums
        Of the family.
    conf_low, conf_high
        (S,) interval of the segment's difference from the base, in points.

    Returns
    -------
    numpy.ndarray
        (S,) between -gamma_max and gamma_max; NaN where nothing is concluded (0 lies inside), or
        nothing flips.
    """
    segments = len(conf_low)
    is_apart = (conf_low > 0) | (conf_high < 0)
    sign = np.where(conf_low > 0, 1.0, -1.0)
    apart = np.where(is_apart, sign * (conf_low + conf_high) / 2, np.nan)
    half = (conf_high - conf_low) / 2
    nearest = np.full(segments, np.nan)
    for side in (1.0, -1.0):
        steps = np.linspace(0, side * gamma_max, STEPS + 1)
        own, base = _tilt(sums, segments, steps), _tilt(sums.total(), 1, steps)
        moved = sign * (own.shift - base.shift)
        found = _crossing(steps, apart + moved - own.stretch * half)
        nearer = np.isnan(nearest) | (np.abs(found) < np.abs(nearest))
        nearest = np.where(~np.isnan(found) & nearer, found, nearest)
    return nearest


def _crossing(steps: np.ndarray, margin: np.ndarray) -> np.ndarray:
    """Return (S,) where a (steps, S) margin first falls below 0, by straight lines; else NaN."""
    below = margin < 0
    first = below.argmax(axis=0)
    flips = below.any(axis=0) & (first > 0)
    column = np.arange(margin.shape[1])
    before, after = margin[np.maximum(first - 1, 0), column], margin[first, column]
    gap = np.where(flips, before - after, 1.0)
    width = steps[1] - steps[0]
    return np.where(flips, steps[np.maximum(first - 1, 0)] + width * before / gap, np.nan)
