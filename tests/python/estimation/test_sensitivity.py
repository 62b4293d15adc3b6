"""Bands over what no weight can see, against worlds where it is known."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from csat.estimation import (
    AnswerSums,
    EstimationError,
    LevelEstimates,
    estimate_base,
    estimate_segments,
    sum_answers,
)
from csat.estimation.sensitivity import difference_flips_at, sensitivity, shifts


def answers(n: int, seed: int, gamma: float = 0.0, segments: int = 3) -> tuple[AnswerSums, float]:
    """Draw answers whose odds are exp(gamma) higher for the satisfied, and the true residual."""
    random = np.random.default_rng(seed)
    count = 40 * n
    x = random.normal(0, 1, count)
    score = 1 / (1 + np.exp(-(0.4 + 0.8 * x)))
    truth = 1 / (1 + np.exp(-(0.8 + 0.8 * x)))
    satisfied = random.random(count) < truth
    answered = random.random(count) < 0.02 * np.exp(0.3 * np.tanh(x) + gamma * satisfied)
    # The weights see what x does to the response, and no more.
    propensity = np.exp(0.3 * np.tanh(x)) * (1 - truth + np.exp(gamma) * truth)
    weight = 1 / propensity[answered]
    kept = answered.nonzero()[0]
    sums = sum_answers(
        segment=random.integers(0, segments, len(kept)),
        age_days=np.zeros(len(kept), dtype=int),
        satisfied=satisfied[kept],
        probability=score[kept],
        weight=weight / weight.mean(),
    )
    return sums, 100 * float(np.mean(truth - score))


def base_of(sums: AnswerSums, score: float = 66.0) -> LevelEstimates:
    return estimate_base(sums, 10_000, score)


def test_nothing_moves_at_0_and_estimates_fall_in_gamma() -> None:
    sums, _ = answers(1500, 1)
    moved = shifts(sums, 3, np.linspace(-1, 1, 21))
    np.testing.assert_allclose(moved[10], 0, atol=1e-12)
    assert (np.diff(moved, axis=0) < 0).all()


def test_shift_is_that_of_the_reweighted_answers() -> None:
    sums, _ = answers(1500, 1, segments=1)
    total = {
        name: getattr(sums, name).sum()
        for name in ("weight", "satisfied_weight", "weighted_residual", "satisfied_residual")
    }
    tilt = np.exp(-0.7)
    unsatisfied = total["weight"] - total["satisfied_weight"]
    left = total["weighted_residual"] - total["satisfied_residual"]
    moved = (total["satisfied_residual"] * tilt + left) / (
        total["satisfied_weight"] * tilt + unsatisfied
    )
    expected = 100 * (moved - total["weighted_residual"] / total["weight"])
    assert shifts(sums, 1, [0.7])[0, 0] == pytest.approx(expected)


@pytest.mark.parametrize("gamma", [-0.6, 0.6])
def test_the_true_gamma_brings_the_truth_back(gamma: float) -> None:
    sums, truth = answers(20_000, 4, gamma, segments=1)
    found = base_of(sums)
    bias = found.correction[0] - truth
    assert abs(bias) > 6
    left = bias + shifts(sums, 1, [gamma])[0, 0]
    # What the formula leaves out is some 5 % of the shift.
    assert abs(left) < 0.1 * abs(bias) + 2 * found.std_error[0]


def test_band_holds_the_estimate_and_grows() -> None:
    sums, _ = answers(1500, 1, segments=1)
    found = base_of(sums)
    narrow, wide = (sensitivity(sums, found, gamma_max=limit) for limit in (0.2, 0.6))
    for band in (narrow, wide):
        assert band.conf_low[0] < band.estimate_low[0] < found.estimate[0]
        assert found.estimate[0] < band.estimate_high[0] < band.conf_high[0]
    assert wide.conf_low[0] < narrow.conf_low[0]


def test_conclusion_flips_where_the_interval_falls_below_its_bound() -> None:
    sums, _ = answers(1500, 1, segments=1)
    found = base_of(sums)
    bound = found.conf_low[0] - 4
    band = sensitivity(sums, found, gamma_max=1.0, bounds=(10.0, bound, 99.0))
    assert band.conclusion[0] == bound
    assert 0 < band.flips_at[0] < 1
    there = sensitivity(sums, found, gamma_max=band.flips_at[0])
    assert there.conf_low[0] == pytest.approx(bound, abs=0.01)
    safe = sensitivity(sums, found, gamma_max=0.1, bounds=(bound,))
    assert np.isnan(safe.flips_at[0])
    nothing = sensitivity(sums, found, bounds=(99.0,))
    assert np.isnan(nothing.conclusion[0])
    assert np.isnan(nothing.flips_at[0])


def test_few_answers_of_a_segment_borrow_from_all() -> None:
    sums, _ = answers(1500, 1, segments=2)
    one = sums.take(sums.segment == 0)
    satisfied_only = sum_answers(
        segment=np.array([1, 1]),
        age_days=np.array([0, 0]),
        satisfied=np.array([1, 1]),
        probability=np.array([0.6, 0.7]),
        weight=np.ones(2),
    )
    names = [field.name for field in dataclasses.fields(AnswerSums)]
    both = AnswerSums(
        *(np.concatenate([getattr(part, name) for part in (one, satisfied_only)]) for name in names)
    )
    moved = shifts(both, 2, [0.5])[0]
    # Two satisfied answers alone would not move at all.
    assert moved[1] < 0.7 * moved[0] < 0


def high_and_low() -> AnswerSums:
    """Return a segment with 90 % satisfied and one with 50 %, as the score says."""
    segment = np.repeat([0, 1], 1000)
    return sum_answers(
        segment=segment,
        age_days=np.zeros(2000, dtype=int),
        satisfied=np.arange(2000) % 1000 < np.where(segment == 0, 900, 500),
        probability=np.where(segment == 0, 0.9, 0.5),
        weight=np.ones(2000),
    )


def test_difference_flips_where_the_same_gamma_moves_the_base_more() -> None:
    sums = high_and_low()
    low, high = np.array([1.0, -4.0]), np.array([4.0, -1.0])
    found = difference_flips_at(sums, low, high, gamma_max=1.0)
    # The lower segment moves more: with gamma below 0, up towards the other.
    assert (found < 0).all()
    for segment in (0, 1):
        gammas = [found[segment] + 1e-3, found[segment] - 1e-3]
        apart = shifts(sums, 2, gammas)[:, segment] - shifts(sums.total(), 1, gammas)[:, 0]
        share, tilt = (0.9, 0.5)[segment], np.exp(-np.array(gammas))
        # Each segment's answers take 30 of both.
        share = (1000 * share + 30 * 0.7) / 1030
        half = 1.5 * tilt / (share * tilt + 1 - share) ** 2
        kept = np.abs(2.5 * (1, -1)[segment] + apart) > half
        assert kept.tolist() == [True, False]


def test_difference_of_like_segments_never_flips() -> None:
    sums, _ = answers(3000, 2)
    found = difference_flips_at(sums, np.array([2.0, -1.0, -9.0]), np.array([8.0, 1.0, -3.0]))
    assert np.isnan(found).all()
    # A level as far above its bound does.
    assert shifts(sums.total(), 1, [0.5])[0, 0] < -5


def test_interval_stretches_as_the_tilted_share_does() -> None:
    sums, _ = answers(1500, 1, segments=1)
    found = base_of(sums)
    share = sums.satisfied_weight.sum() / sums.weight.sum()
    band = sensitivity(sums, found, gamma_max=0.5)

    def tilted(of_share: float) -> float:
        return of_share * np.exp(-0.5) / (of_share * np.exp(-0.5) + 1 - of_share)

    slope = (tilted(share + 1e-4) - tilted(share - 1e-4)) / 2e-4
    own = found.estimate[0] - found.conf_low[0]
    assert slope > 1.1
    assert band.estimate_low[0] - band.conf_low[0] == pytest.approx(slope * own, rel=1e-4)


def test_gold_answers_make_the_band_needless() -> None:
    sums, _ = answers(3000, 1, 0.5)
    gold = dataclasses.replace(sums, is_gold=sums.segment == 0)
    found = estimate_segments(gold, np.full(3, 1000.0), np.full(3, 66.0))
    assert found.response_bias_sd > 0
    band = sensitivity(gold, found)
    assert np.isnan(band.conf_low).all()
    assert all("Gold" in why for why in band.reason)


def test_without_ordinary_answers_nothing_can_be_said() -> None:
    sums, _ = answers(100, 1)
    nothing = sums.take(np.array([], dtype=int))
    band = sensitivity(nothing, base_of(nothing))
    assert np.isnan(band.estimate_low).all()
    assert "no answers" in band.reason[0]
    with pytest.raises(EstimationError, match="ordinary"):
        shifts(nothing, 1, [0.5])
