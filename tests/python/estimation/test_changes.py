"""Changes between days: identities, and intervals that hold the change of the truth."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from csat.estimation import (
    AnswerSums,
    Change,
    EstimationError,
    LevelEstimates,
    LevelSettings,
    change,
    estimate_base,
    estimate_segments,
    movement,
    sum_answers,
)

CUSTOMERS = np.array([5000.0, 800.0, 300.0])
SCORES = np.array([70.0, 64.0, 81.0])
LAG = 7


def answers(seed: int = 1, n: int = 900) -> AnswerSums:
    random = np.random.default_rng(seed)
    probability = random.uniform(0.5, 0.8, n)
    return sum_answers(
        segment=random.integers(0, 3, n),
        age_days=random.integers(0, 120, n),
        satisfied=random.random(n) < probability + 0.05,
        probability=probability,
        weight=random.gamma(4, 0.25, n),
    )


def known_before(sums: AnswerSums, days: int) -> AnswerSums:
    """Return the answers as they were so many days ago."""
    earlier = sums.take(sums.age_days >= days)
    return dataclasses.replace(earlier, age_days=earlier.age_days - days)


def estimated(sums: AnswerSums, scores: np.ndarray) -> tuple[LevelEstimates, LevelEstimates]:
    base = estimate_base(sums, CUSTOMERS.sum(), float(CUSTOMERS @ scores / CUSTOMERS.sum()))
    return base, estimate_segments(sums, CUSTOMERS, scores, base=base)


def test_days_without_an_answer_change_what_the_score_changes() -> None:
    settings = LevelSettings(
        walk_sd=(1e-4,), shock_sd=(0.0,), segment_sd=(3.0,), memory_days=(np.inf,)
    )
    sums = answers()
    then = dataclasses.replace(sums, age_days=sums.age_days + 10)
    now = dataclasses.replace(sums, age_days=sums.age_days + 10 + LAG)
    before = estimate_segments(then, CUSTOMERS, SCORES, settings=settings)
    today = estimate_segments(now, CUSTOMERS, SCORES + 2, settings=settings)
    for found in (
        change(today, LAG, before.estimate, before.std_error),
        movement(today, LAG, SCORES),
    ):
        np.testing.assert_allclose(found.estimate, 2, atol=1e-4)
        np.testing.assert_allclose(found.std_error, 0, atol=1e-2)
        assert found.is_more_than_noise.all()


def test_intervals_are_narrower_than_those_of_independent_estimates() -> None:
    sums = answers()
    _, before = estimated(known_before(sums, LAG), SCORES)
    _, today = estimated(sums, SCORES)
    published = change(today, LAG, before.estimate, before.std_error)
    moved = movement(today, LAG, SCORES)
    assert (moved.std_error <= published.std_error).all()
    assert (published.std_error < np.hypot(today.std_error, before.std_error)).all()
    for found in (published, moved):
        np.testing.assert_array_equal(
            found.is_more_than_noise, (found.conf_low > 0) | (found.conf_high < 0)
        )


def test_what_was_learned_since_widens_the_change_of_what_was_published() -> None:
    settings = LevelSettings(
        walk_sd=(0.3,), shock_sd=(1.0,), segment_sd=(3.0,), memory_days=(60.0,)
    )
    sums = answers()
    before = estimate_segments(known_before(sums, LAG), CUSTOMERS, SCORES, settings=settings)
    today = estimate_segments(sums, CUSTOMERS, SCORES, settings=settings)
    published = change(today, LAG, before.estimate, before.std_error)
    moved = movement(today, LAG, SCORES)
    assert (published.std_error > 1.05 * moved.std_error).all()
    # The answers of the week say something of the day before it, too.
    assert (today.lag_variance[today.lags.index(LAG)] < before.std_error**2).all()


def test_a_jump_beyond_the_score_is_seen() -> None:
    random = np.random.default_rng(4)
    age, probability = random.integers(0, 120, 100_000), np.full(100_000, 0.7)
    sums = sum_answers(
        segment=random.integers(0, 3, 100_000),
        age_days=age,
        satisfied=random.random(100_000) < probability - 0.1 * (age < 5),
        probability=probability,
        weight=np.ones(100_000),
    )
    base, found = estimated(sums, SCORES)
    of_base = movement(base, LAG, base.score_part)
    assert of_base.estimate[0] == pytest.approx(-10, abs=3 * of_base.std_error[0])
    assert of_base.is_more_than_noise.all()
    assert movement(found, LAG, SCORES).is_more_than_noise.all()
    since = movement(base, 1, base.score_part)
    assert not since.is_more_than_noise.any()


def test_movements_of_segments_add_up_to_that_of_the_base() -> None:
    base, found = estimated(answers(), SCORES + 1)
    of_base = movement(base, LAG, np.array([CUSTOMERS @ SCORES / CUSTOMERS.sum()]))
    of_segments = movement(found, LAG, SCORES)
    total = CUSTOMERS @ of_segments.estimate / CUSTOMERS.sum()
    assert total == pytest.approx(of_base.estimate[0])


def test_what_was_not_estimated_then_has_no_change() -> None:
    _, today = estimated(answers(), SCORES)
    nothing = np.full(3, np.nan)
    for found in (change(today, LAG, nothing, nothing), movement(today, LAG, nothing)):
        assert np.isnan(found.estimate).all()
        assert not found.is_more_than_noise.any()


def test_span_that_was_not_asked_for_is_refused() -> None:
    base, _ = estimated(answers(), SCORES)
    with pytest.raises(EstimationError, match="14 days"):
        change(base, 14, base.estimate, base.std_error)
    with pytest.raises(EstimationError, match="14 days"):
        movement(base, 14, base.estimate)
    with pytest.raises(EstimationError, match="window_days"):
        LevelSettings(window_days=300)


def test_intervals_hold_the_change_of_a_wandering_truth() -> None:
    """The level and the segments move as the model says; only its parameters are unknown."""
    random = np.random.default_rng(8)
    days, count = 250, 12_000
    published_holds, moved_holds, published_error, moved_error = [], [], [], []
    for _ in range(40):
        level = np.cumsum(random.normal(0, 0.2, days)) + random.normal(0, 2, (3, 1))
        age = random.integers(0, days, count)
        segment = random.integers(0, 3, count)
        # Answers as they are: satisfied or not, 70 % by the score.
        truth = 0.7 + level[segment, age] / 100
        sums = sum_answers(
            segment=segment,
            age_days=age,
            satisfied=random.random(count) < truth,
            probability=np.full(count, 0.7),
            weight=np.ones(count),
        )
        scores = np.full(3, 70.0)
        _, before = estimated(known_before(sums, 28), scores)
        _, today = estimated(sums, scores)
        true = level[:, 0] - level[:, 28]

        def holds(found: Change, true: np.ndarray = true) -> np.ndarray:
            return (found.conf_low <= true) & (true <= found.conf_high)

        published = change(today, 28, before.estimate, before.std_error)
        moved = movement(today, 28, scores)
        published_holds.append(holds(published))
        moved_holds.append(holds(moved))
        published_error.append(published.estimate - true)
        moved_error.append(moved.estimate - true)
    # Segments of one replication go together: some 60 independent ones, standard error 3 %.
    assert 0.88 < np.mean(published_holds) <= 1
    assert 0.88 < np.mean(moved_holds) <= 1
    assert np.mean(np.square(moved_error)) < np.mean(np.square(published_error))
