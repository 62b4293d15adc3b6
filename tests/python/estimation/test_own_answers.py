"""What a score has learned of segments from their own answers: found exactly where it is exact."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from csat.estimation import (
    EstimationError,
    LearnedAnswers,
    estimate_conditions,
    estimate_segments,
    own_answers_shift,
    sum_answers,
)
from csat.model import contrasts

BAGS, FOLDS, PRIOR, RATE = 4, 5, 40.0, 0.7
SIZES = np.array([30, 80, 200, 500, 1200])


def learned(prior: float, seed: int = 3) -> tuple[LearnedAnswers, LearnedAnswers, np.ndarray]:
    """Draw answers; each bag's score of a segment is the mean of its answers, drawn to the base's.

    Returns the segments, everyone, and what sets the segments apart in the answers.
    """
    random = np.random.default_rng(seed)
    apart = random.normal(0, 0.08, len(SIZES))
    segment = np.repeat(np.arange(len(SIZES)), SIZES)
    y = (random.random(len(segment)) < RATE + apart[segment]).astype(np.float64)
    bag = random.integers(0, BAGS, len(y))
    total = len(y)
    size = SIZES * (1 - SIZES / total)

    def by(values: np.ndarray) -> np.ndarray:
        place = segment * BAGS + bag
        return np.bincount(place, values, minlength=len(SIZES) * BAGS).reshape(-1, BAGS)

    weight, satisfied = by(np.ones(total)), by(y)
    of_bags = (satisfied.sum(1, keepdims=True) - satisfied) / (
        weight.sum(1, keepdims=True) - weight
    )
    of_all = (y.sum() - satisfied.sum(0)) / (total - weight.sum(0))
    share = size / (size + prior)
    unseen = (1 - 1 / FOLDS) * size / ((1 - 1 / FOLDS) * size + prior)
    scores = of_all + share[:, None] * (of_bags - of_all)
    mean, everyone = satisfied.sum(1) / SIZES, y.mean()
    # Out of fold the score has learned from other answers of the segment: of the same mean.
    residual = (1 - unseen) * (mean - everyone)
    segments = LearnedAnswers(
        answers=SIZES.astype(np.float64),
        weight=SIZES.astype(np.float64),
        weighted_residual=SIZES * residual,
        part_weight=weight,
        part_satisfied_weight=satisfied,
        score_contrasts=scores @ contrasts(BAGS).T,
    )
    base = LearnedAnswers(
        answers=np.array([total], dtype=np.float64),
        weight=np.array([total], dtype=np.float64),
        weighted_residual=np.zeros(1),
        part_weight=weight.sum(0, keepdims=True),
        part_satisfied_weight=satisfied.sum(0, keepdims=True),
        score_contrasts=of_all[None] @ contrasts(BAGS).T,
    )
    return segments, base, mean - everyone


def shift_of(segments: LearnedAnswers, base: LearnedAnswers) -> np.ndarray:
    (found,) = own_answers_shift([segments], base, contrasts(BAGS), folds=FOLDS)
    return found


@pytest.mark.parametrize("prior", [20.0, 100.0, 1000.0])
def test_a_shrunk_mean_gives_back_what_it_took_from_its_own_answers(prior: float) -> None:
    segments, base, apart = learned(prior)
    size = SIZES * (1 - SIZES / SIZES.sum())
    share = size / (size + prior)
    told = share < 0.85
    assert told.any()
    # λ is found on a grid of steps of an eighth.
    np.testing.assert_allclose(
        shift_of(segments, base)[told], 100 * (share * apart)[told], rtol=0.12
    )


def test_a_score_that_bags_agree_on_has_learned_nothing() -> None:
    segments, base, _ = learned(PRIOR)
    blind = replace(segments, score_contrasts=np.zeros_like(segments.score_contrasts))
    base = replace(base, score_contrasts=np.zeros_like(base.score_contrasts))
    np.testing.assert_array_equal(shift_of(blind, base), 0)


def test_what_the_score_learns_of_everyone_is_no_part_of_a_segment() -> None:
    segments, base, _ = learned(PRIOR)
    wander = np.array([[0.3, -0.2, 0.1]])
    moved = replace(segments, score_contrasts=segments.score_contrasts + wander)
    of_all = replace(base, score_contrasts=base.score_contrasts + wander)
    np.testing.assert_allclose(shift_of(moved, of_all), shift_of(segments, base))


def test_segments_without_answers_are_not_shifted_and_tell_nothing() -> None:
    segments, base, _ = learned(PRIOR)
    none = {
        "answers": np.zeros(1),
        "weight": np.zeros(1),
        "weighted_residual": np.zeros(1),
        "part_weight": np.zeros((1, BAGS)),
        "part_satisfied_weight": np.zeros((1, BAGS)),
        "score_contrasts": np.ones((1, BAGS - 1)),
    }
    longer = LearnedAnswers(
        **{name: np.concatenate([getattr(segments, name), more]) for name, more in none.items()}
    )
    found = shift_of(longer, base)
    assert found[-1] == 0
    np.testing.assert_array_equal(found[:-1], shift_of(segments, base))
    np.testing.assert_array_equal(shift_of(LearnedAnswers(**none), base), 0)


def test_bags_and_contrasts_must_fit() -> None:
    segments, _, _ = learned(PRIOR)
    with pytest.raises(EstimationError, match="one less than bags"):
        replace(segments, score_contrasts=segments.part_weight)


def test_a_shift_is_an_estimate_against_a_score_without_it() -> None:
    random = np.random.default_rng(8)
    n = 600
    sums = sum_answers(
        segment=random.integers(0, 3, n),
        age_days=random.integers(0, 90, n),
        satisfied=random.random(n) < 0.7,
        probability=np.full(n, 0.65),
        weight=random.gamma(4, 0.25, n),
    )
    customers, scores, shift = np.array([900.0, 400, 80]), np.array([65.0, 63, 68]), np.r_[2, -3, 5]
    found = estimate_segments(sums, customers, scores, score_shift=shift)
    against = estimate_segments(sums.shifted(shift), customers, scores - shift)
    np.testing.assert_allclose(found.estimate, against.estimate)
    np.testing.assert_allclose(found.std_error, against.std_error)
    np.testing.assert_allclose(found.correction, against.correction - shift)
    np.testing.assert_allclose(found.lag_correction, against.lag_correction - shift)
    np.testing.assert_allclose(found.change_variance, against.change_variance)
    (pair,) = estimate_conditions([sums], [customers], [scores], score_shifts=[shift])
    np.testing.assert_allclose(pair.estimate, found.estimate)
