"""Matched risk sets: exact sums by hand, and intervals that hold a known difference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from csat.estimation.sequences import (
    AtRisk,
    is_stable,
    matched_difference,
    matching_weights,
    strata_of,
)


def at_risk(
    took_step: np.ndarray,
    score_before: np.ndarray,
    satisfied: np.ndarray,
    expected: np.ndarray,
    score_after: np.ndarray | None = None,
    customer: np.ndarray | None = None,
) -> AtRisk:
    """Return rows with one answer each, of weight 1."""
    n = len(took_step)
    return AtRisk(
        took_step=np.asarray(took_step, dtype=bool),
        customer=np.arange(n) if customer is None else customer,
        score_before=np.asarray(score_before, dtype=np.float64),
        score_after=score_after,
        answers=np.ones(n, dtype=np.int64),
        weight=np.ones(n),
        weighted_residual=np.asarray(satisfied, dtype=np.float64) - expected,
        weighted_variance=np.asarray(expected) * (1 - np.asarray(expected)),
    )


def test_others_count_as_much_as_those_of_their_stratum_who_took_the_step() -> None:
    took = np.array([True, True, True, False, False, False, True])
    stratum = np.array([0, 0, 1, 0, 1, 1, 2])
    assert matching_weights(took, stratum).tolist() == [1, 1, 1, 2, 0.5, 0.5, 0]


def test_strata_part_those_who_took_the_step_into_equal_shares() -> None:
    score = np.array([1.0, 2, 3, 4, 5, 0.0, 9.0, np.nan])
    took = np.array([True] * 5 + [False] * 3)
    assert strata_of(score, took).tolist() == [0, 1, 2, 3, 4, 0, 4, 5]
    assert strata_of(np.full(3, 7.0), np.array([True, True, False])).tolist() == [1, 1, 1]


def test_a_difference_is_that_of_the_strata() -> None:
    took = np.array([True] * 4 + [False] * 8)
    before = np.array([10.0, 10, 90, 90, *[10] * 2, *[90] * 6])
    after = np.array([40.0, 40, 80, 80, *[50] * 2, *[90] * 6])
    satisfied = np.array([0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 0])
    found = matched_difference(at_risk(took, before, satisfied, np.full(12, 0.5), after), fewest=2)
    # Of the others, the six high ones count as two.
    residual = (0.25, (0.0 * 2 + 1 / 6 * 2) / 4)
    assert found.csat == pytest.approx(60 + 100 * residual[0])
    assert found.csat_others == pytest.approx(70 + 100 * residual[1])
    assert found.estimate == pytest.approx(found.csat - found.csat_others)
    assert found.effective_answers == pytest.approx(4)
    assert found.effective_answers_others == pytest.approx(16 / (2 * 1 + 6 / 9))
    assert found.conf_low < found.estimate < found.conf_high
    assert (found.took_step, found.others, found.answers) == (4, 8, 4)


def test_too_few_answers_are_told_with_a_reason() -> None:
    took = np.array([True] * 5 + [False] * 100)
    found = matched_difference(at_risk(took, np.full(105, 50.0), np.ones(105), np.full(105, 0.5)))
    assert found.estimate is None
    assert found.reason == (
        "The answers of those who took the step are worth 5 equal ones, fewer than 30."
    )
    nobody = matched_difference(at_risk(took[:5], np.full(5, 50.0), np.ones(5), np.full(5, 0.5)))
    assert nobody.estimate is None
    assert nobody.took_step == 0


def test_answers_that_are_all_alike_have_an_interval_all_the_same() -> None:
    took = np.arange(100) < 40
    found = matched_difference(at_risk(took, np.full(100, 50.0), np.ones(100), np.full(100, 0.7)))
    assert found.estimate == pytest.approx(0)
    assert found.conf_high - found.conf_low > 30


def test_rows_of_one_customer_go_together() -> None:
    random = np.random.default_rng(3)
    took = np.arange(400) < 200
    satisfied = random.random(400) < 0.5
    alone = matched_difference(at_risk(took, np.full(400, 50.0), satisfied, np.full(400, 0.5)))
    twice = matched_difference(
        at_risk(
            np.tile(took, 4),
            np.full(1600, 50.0),
            np.tile(satisfied, 4),
            np.full(1600, 0.5),
            customer=np.tile(np.arange(400), 4),
        )
    )
    assert twice.estimate == pytest.approx(alone.estimate)
    assert twice.std_error == pytest.approx(alone.std_error, rel=1e-6)


@pytest.mark.parametrize("effect", [0.0, -0.15])
def test_intervals_hold_a_known_difference(effect: float) -> None:
    random = np.random.default_rng(7)
    held, runs, naive = 0, 300, []
    for _ in range(runs):
        before = random.uniform(0.3, 0.9, 900)
        # The step is taken by those who are less satisfied anyway.
        took = random.random(900) < np.clip(0.9 - before, 0.05, 0.9)
        truth = np.clip(before + effect * took, 0.01, 0.99)
        satisfied = random.random(900) < truth
        found = matched_difference(at_risk(took, 100 * before, satisfied, before, 100 * before))
        true_effect = 100 * np.mean(truth[took] - before[took])
        held += found.conf_low <= true_effect <= found.conf_high
        naive.append(100 * (satisfied[took].mean() - satisfied[~took].mean()) - true_effect)
    assert 0.92 <= held / runs <= 0.985
    assert np.mean(naive) < -10


def test_stable_is_what_has_the_same_sign_in_all_parts() -> None:
    assert is_stable(-5.0, [-1.0, -9.0]) is True
    assert is_stable(-5.0, [1.0, -9.0]) is False
    assert is_stable(-5.0, [None, -9.0]) is None
    assert is_stable(None, [1.0, 2.0]) is None


def test_both_are_compared_as_if_asked_at_the_same_times():
    """Whoever is asked at once is angrier; asked at the same time nobody differs."""
    random = np.random.default_rng(17)
    n = 20_000
    took_step = random.random(n) < 0.5
    is_early = random.random(n) < np.where(took_step, 0.8, 0.2)
    chance = np.where(is_early, 0.5, 0.7)
    satisfied = (random.random(n) < chance).astype(float)
    part = np.eye(2)[np.where(is_early, 0, 1)]
    left = (satisfied - 0.6)[:, None] * part
    by_time = AtRisk(
        took_step,
        np.arange(n),
        np.full(n, 60.0),
        np.full(n, 60.0),
        part,
        part,
        left,
        0.24 * part,
    )
    together = replace(
        by_time,
        answers=np.ones(n),
        weight=np.ones(n),
        weighted_residual=left.sum(axis=1),
        weighted_variance=np.full(n, 0.24),
    )
    assert matched_difference(together).estimate == pytest.approx(-12, abs=2)
    found = matched_difference(by_time)
    assert found.estimate == pytest.approx(0, abs=2)
    assert found.csat == pytest.approx(60, abs=2)
    assert found.conf_low < 0 < found.conf_high
    # A time at which one side alone was asked counts for neither.
    is_known = np.ones((n, 2))
    is_known[~took_step, 0] = 0
    late = matched_difference(
        replace(
            by_time,
            answers=part * is_known,
            weight=part * is_known,
            weighted_residual=left * is_known,
            weighted_variance=0.24 * part * is_known,
        )
    )
    assert late.answers == (took_step & ~is_early).sum()
    assert late.csat == pytest.approx(70, abs=2.5)
