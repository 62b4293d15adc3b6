"""Mix and within add up, on the examples that fool people."""

from __future__ import annotations

import numpy as np
import pytest

from csat.estimation.mix import decompose_change, standardise
from csat.estimation.residuals import EstimationError


def test_all_channels_rose_and_the_total_fell() -> None:
    # Phone 80 → 82, chat 50 → 55; chat grew from a fifth of the answers to a half.
    found = decompose_change([80, 20], [80, 50], [50, 50], [82, 55])
    assert found.change == pytest.approx(68.5 - 74)
    assert (found.within > 0).all()
    np.testing.assert_allclose(found.within, [0.65 * 2, 0.35 * 5])
    middle = (68.5 + 74) / 2
    np.testing.assert_allclose(found.mix, [-0.3 * (81 - middle), 0.3 * (52.5 - middle)])
    assert found.within.sum() + found.mix.sum() == pytest.approx(found.change, abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_parts_add_up_and_turn_round_with_time(seed: int) -> None:
    random = np.random.default_rng(seed)
    sizes = random.poisson(3, (2, 6)) * random.integers(0, 2, (2, 6)) + np.eye(2, 6)
    means = np.where(sizes > 0, random.uniform(0, 100, (2, 6)), np.nan)
    found = decompose_change(sizes[0], means[0], sizes[1], means[1])
    totals = np.nansum(sizes * means, axis=1) / sizes.sum(axis=1)
    assert found.change == pytest.approx(totals[1] - totals[0])
    assert found.within.sum() + found.mix.sum() == pytest.approx(found.change, abs=1e-10)
    back = decompose_change(sizes[1], means[1], sizes[0], means[0])
    np.testing.assert_allclose(back.within, -found.within, atol=1e-12)
    np.testing.assert_allclose(back.mix, -found.mix, atol=1e-12)


def test_equal_shares_have_no_mix_and_equal_means_no_within() -> None:
    same_mix = decompose_change([3, 1], [60, 80], [6, 2], [70, 75])
    np.testing.assert_allclose(same_mix.mix, 0, atol=1e-12)
    same_means = decompose_change([3, 1], [60, 80], [1, 3], [60, 80])
    np.testing.assert_allclose(same_means.within, 0, atol=1e-12)
    assert same_means.change == pytest.approx(10)


def test_coming_and_going_is_mix() -> None:
    found = decompose_change([50, 50, 0], [60, 80, np.nan], [0, 50, 50], [np.nan, 80, 90])
    np.testing.assert_allclose(found.within, 0)
    # All above: the one that left was below the middle of the totals (77.5), the new one above.
    np.testing.assert_allclose(found.mix, [-0.5 * (60 - 77.5), 0, 0.5 * (90 - 77.5)])
    assert found.change == pytest.approx(15)


def test_group_that_is_in_neither_period_does_nothing() -> None:
    found = decompose_change([1, 0], [60, np.nan], [1, 0], [70, np.nan])
    assert found.within.tolist() == [10, 0]
    assert found.mix.tolist() == [0, 0]


def test_empty_periods_and_missing_means_are_refused() -> None:
    with pytest.raises(EstimationError, match="above 0"):
        decompose_change([0, 0], [60, 60], [1, 1], [60, 60])
    with pytest.raises(EstimationError, match="needs a mean"):
        decompose_change([1, 1], [60, np.nan], [1, 1], [60, 60])


def test_equal_channels_are_equal_whatever_their_topics() -> None:
    # Both channels: billing 50 %, moves 90 %; the phone gets the billing.
    answers = np.array([[900, 100], [100, 900]])
    satisfied = answers * np.array([0.5, 0.9])
    raw = satisfied.sum(axis=1) / answers.sum(axis=1)
    assert raw.tolist() == pytest.approx([0.54, 0.86])
    found = standardise(satisfied, answers, [1, 1])
    np.testing.assert_allclose(found.estimate, 70)
    assert found.covered_share.tolist() == [1, 1]
    # Where 100 answers stand for half of the mix, 1,000 say as much as some 320 or 690 even ones:
    # θ (1 - θ) over the variance of each half.
    even = [0.21 / (0.25 * 0.25 / n + 0.25 * 0.09 / (1000 - n)) for n in (900, 100)]
    np.testing.assert_allclose(found.effective_n, even, rtol=0.05)


def test_at_its_own_mix_a_group_keeps_its_share_and_its_interval() -> None:
    answers = np.array([[400, 600]])
    found = standardise(np.array([[280, 420]]), answers, answers[0])
    assert found.estimate[0] == pytest.approx(70)
    assert found.effective_n[0] == pytest.approx(1000, rel=0.01)


def test_too_little_of_the_mix_gives_no_estimate() -> None:
    answers = np.array([[50, 0, 0], [50, 50, 0], [0, 0, 0]])
    found = standardise(answers * 0.6, answers, [50, 40, 10])
    assert np.isnan(found.estimate[[0, 2]]).all()
    assert "80 %" in found.reason[0]
    assert found.reason[1] is None
    assert found.estimate[1] == pytest.approx(60)
    np.testing.assert_allclose(found.covered_share, [0.5, 0.9, 0])


def test_all_satisfied_is_not_certain() -> None:
    found = standardise(np.array([[6, 4]]), np.array([[6, 4]]), [1, 1])
    assert found.estimate[0] == pytest.approx(100)
    assert found.conf_high[0] == pytest.approx(100)
    assert 60 < found.conf_low[0] < 80
    assert found.effective_n[0] == pytest.approx(1 / (0.25 / 6 + 0.25 / 4))


def test_intervals_cover_with_few_answers_in_uneven_cells() -> None:
    random = np.random.default_rng(3)
    share, mix = np.array([0.5, 0.75, 0.9, 0.98]), np.array([0.4, 0.3, 0.2, 0.1])
    answers = np.tile([60, 12, 6, 4], (4000, 1))
    found = standardise(random.binomial(answers, share), answers, mix)
    truth = 100 * share @ mix
    covered = np.mean((found.conf_low <= truth) & (truth <= found.conf_high))
    assert 0.93 < covered < 0.98
