"""What the score of a segment has learned from the answers of that very segment.

Where features tell a segment from others, its mean score m̄_s follows its own answers: a share a_s
of what their mean ȳ_s is off by is in the score already. Out of fold the same answers then show
only r̄_s = (1 - a_s) (d_s + ε_s) instead of d_s + ε_s, with d_s what sets the segment apart and ε_s
the noise of its answers; the score is off by (1 - a_s) d_s - a_s ε_s, which no residual shows. An
estimator that takes r̄_s for what is left plus noise finds segments all alike, and its intervals
hold the truth in half of the cases. Against the score *without* a segment's own answers,

    m̄_s - δ_s,    δ_s = a_s / (1 - a_s) r̄_s,

all residuals of the segment are larger by δ_s, and are again what sets it apart plus independent
noise. Nothing else of an estimate changes: δ_s is added to residuals and taken off the correction.

a_s shows in the bags of the model, each of which lacks a part of the customers: by how much of the
change of a segment's answers from bag to bag does its mean score change? One number tells it for
all segments of a family, as in a shrunk mean: a_s = n_s / (n_s + λ).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from csat.estimation.residuals import EstimationError

#: A share is taken for no more than this: what is left in residuals then is multiplied by ten.
LARGEST_SHARE = 0.9
#: λ from "nothing but its own answers" to "none of them", evenly in the logarithm.
PRIOR_ANSWERS_GRID = (*np.geomspace(1.0, 1e6, 121).tolist(), float("inf"))


@dataclass(frozen=True, eq=False)
class LearnedAnswers:
    """Answers that the score has learned from, of S segments, and what its B bags make of them.

    Parameters
    ----------
    answers, weight, weighted_residual
        (S,) their number n, Σ w and, with out-of-fold residuals r, Σ w r.
    part_weight, part_satisfied_weight
        (S, B) Σ w and Σ w y of the part of the customers that a bag lacks.
    score_contrasts
        (S, B - 1) orthonormal contrasts between bags of the segment's mean score, 0 to 1.
    """

    answers: np.ndarray
    weight: np.ndarray
    weighted_residual: np.ndarray
    part_weight: np.ndarray
    part_satisfied_weight: np.ndarray
    score_contrasts: np.ndarray

    def __post_init__(self) -> None:
        if self.part_weight.shape[1] != self.score_contrasts.shape[1] + 1:
            raise EstimationError(
                f"There are {self.part_weight.shape[1]} parts of answers and "
                f"{self.score_contrasts.shape[1]} contrasts of bags: there is one less than bags."
            )

    @property
    def mean_residual(self) -> np.ndarray:
        """(S,) r̄; NaN without answers."""
        return _ratio(self.weighted_residual, self.weight)

    @property
    def shares_of_bags(self) -> np.ndarray:
        """(S, B) weighted share satisfied of the answers that each bag has; NaN without any."""
        lacking = self.part_weight, self.part_satisfied_weight
        weight, satisfied = (part.sum(axis=1, keepdims=True) - part for part in lacking)
        # Without answers a difference of sums is not exactly 0.
        return _ratio(satisfied, np.where(weight > 1e-9, weight, 0.0))


def own_answers_shift(
    families: Sequence[LearnedAnswers],
    base: LearnedAnswers,
    contrasts: np.ndarray,
    *,
    folds: int,
) -> list[np.ndarray]:
    """Return δ (S,), in points, of each family, by one λ for all of them.

    Everything is taken less the same of the base: what the score learns of everyone is no part of
    what it learns of a segment. A segment that is a part q of all answers differs from the base by
    1 - q of what it differs from the others, so that n_s (1 - q) stands for n_s.

    Parameters
    ----------
    families
        Segments whose scores learn alike: one partition, or all conditions.
    base
        (S = 1) of everyone.
    contrasts
        (B - 1, B) those that ``score_contrasts`` are of.
    folds
        F: an out-of-fold prediction has learned from (F - 1) / F of the answers.
    """
    sizes = [own.answers * (1 - own.answers / np.maximum(base.answers, 1.0)) for own in families]
    prior = _prior_answers(families, base, contrasts, np.concatenate(sizes))
    shifts = []
    for own, size in zip(families, sizes, strict=True):
        apart = own.mean_residual - base.mean_residual
        share, out_of_fold = (
            np.minimum(_share(part * size, prior), LARGEST_SHARE) for part in (1, 1 - 1 / folds)
        )
        shifts.append(100 * share / (1 - out_of_fold) * np.nan_to_num(apart))
    return shifts


def _prior_answers(
    families: Sequence[LearnedAnswers],
    base: LearnedAnswers,
    contrasts: np.ndarray,
    size: np.ndarray,
) -> float:
    """Return λ, by least squares of what scores differ by on what answers do, from bag to bag."""
    of_scores = np.concatenate([own.score_contrasts for own in families]) - base.score_contrasts
    of_answers = np.concatenate([own.shares_of_bags for own in families]) - base.shares_of_bags
    of_answers = of_answers @ contrasts.T
    tells = np.isfinite(of_answers).all(axis=1) & np.isfinite(of_scores).all(axis=1)
    if not tells.any():
        return float("inf")
    of_scores, of_answers, size = of_scores[tells], of_answers[tells], size[tells]
    shares = _share(size, np.array(PRIOR_ANSWERS_GRID)[:, None])
    errors = np.sum((of_scores - shares[:, :, None] * of_answers) ** 2, axis=(1, 2))
    # Of the same errors, as with a score that bags agree on, the one that changes nothing.
    last = len(errors) - 1 - int(np.argmin(errors[::-1]))
    return PRIOR_ANSWERS_GRID[last]


def _share(size: np.ndarray, prior: float | np.ndarray) -> np.ndarray:
    # n / (n + ∞) is 0.
    return size / (size + prior)


def _ratio(total: np.ndarray, weight: np.ndarray) -> np.ndarray:
    has = weight > 0
    return np.where(has, total / np.where(has, weight, 1.0), np.nan)
