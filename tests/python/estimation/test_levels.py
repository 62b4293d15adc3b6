"""Estimates of segments and the base: identities that hold whatever the data."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from csat.estimation import (
    AnswerSums,
    EstimationError,
    LevelEstimates,
    LevelSettings,
    RepeatAnswers,
    estimate_base,
    estimate_conditions,
    estimate_segments,
    sum_answers,
)

CUSTOMERS = np.array([5000.0, 800.0, 60.0, 300.0])
SCORES = np.array([70.0, 64.0, 75.0, 81.0])
BASE_SCORE = float(CUSTOMERS @ SCORES / CUSTOMERS.sum())


def answers(
    n: int = 900,
    seed: int = 1,
    days: int = 120,
    gold_share: float = 0.0,
    bias: float = 0.0,
    segments: int = 3,
) -> AnswerSums:
    """Draw answers of the first segments, 5 points above the score; gold ones have no bias."""
    random = np.random.default_rng(seed)
    segment = random.integers(0, segments, n)
    probability = random.uniform(0.5, 0.8, n)
    is_gold = random.random(n) < gold_share
    truth = probability + 0.05 + 0.01 * bias * ~is_gold
    return sum_answers(
        segment=segment,
        age_days=random.integers(0, days, n),
        satisfied=random.random(n) < truth,
        probability=probability,
        weight=random.gamma(4, 0.25, n),
        is_gold=is_gold,
    )


def base_and_segments(sums: AnswerSums, **arguments: object) -> tuple[LevelEstimates, ...]:
    base = estimate_base(sums, CUSTOMERS.sum(), BASE_SCORE, **arguments)
    return base, estimate_segments(sums, CUSTOMERS, SCORES, base=base, **arguments)


def test_segments_add_up_to_the_base() -> None:
    base, found = base_and_segments(answers(), repeats=RepeatAnswers(1.1, 0.02, 500))
    assert CUSTOMERS @ found.estimate / CUSTOMERS.sum() == pytest.approx(base.estimate[0], abs=1e-9)
    np.testing.assert_allclose(found.estimate, found.score_part + found.correction)


def test_benchmarking_moves_most_what_is_known_least() -> None:
    base = estimate_base(answers(), CUSTOMERS.sum(), BASE_SCORE)
    higher = dataclasses.replace(base, correction=base.correction + 3)
    one, two = (
        estimate_segments(answers(), CUSTOMERS, SCORES, base=level) for level in (base, higher)
    )
    moved = two.correction - one.correction
    assert CUSTOMERS @ moved / CUSTOMERS.sum() == pytest.approx(3)
    alone = estimate_segments(answers(), CUSTOMERS, SCORES)
    np.testing.assert_allclose(
        moved / moved[0], alone.covariance_with_total / alone.covariance_with_total[0]
    )
    np.testing.assert_allclose(
        two.std_error**2, alone.std_error**2 + (two.correction - alone.correction) ** 2
    )


def test_answers_of_one_day_give_their_weighted_mean() -> None:
    # One answer per cell: with each cell's own variance the weights would cancel.
    weight = np.array([4.0, 1.0, 1.0, 2.0])
    satisfied, probability = np.array([1, 0, 0, 1]), np.full(4, 0.5)
    sums = sum_answers(
        segment=np.arange(4),
        age_days=np.zeros(4, dtype=int),
        satisfied=satisfied,
        probability=probability,
        weight=weight,
    )
    found = estimate_base(sums, 1000, 60)
    # The prior of the level has a standard deviation of 100 points, the mean one of 29.
    expected = 100 * np.average(satisfied - probability, weights=weight)
    assert found.correction[0] == pytest.approx(expected, rel=0.1)
    variance = 1e4 * np.sum(weight**2) * 0.25 / weight.sum() ** 2
    assert 1 / found.std_error[0] ** 2 == pytest.approx(1 / variance + 1e-4, rel=1e-3)


def test_segment_without_answers_is_wide_not_absent() -> None:
    _, found = base_and_segments(answers())
    assert found.n[3] == 0
    assert found.reason[3] is None
    assert np.isfinite(found.estimate[3])
    assert found.std_error[3] > 1.2 * found.std_error[:3].max()


def test_small_segments_have_deviations_that_no_answer_sees() -> None:
    few, many = (
        estimate_segments(
            answers(), np.array([50.0, size, size, size]), SCORES, repeats=RepeatAnswers(1, 0.04, 9)
        )
        for size in (50.0, 5e6)
    )
    assert few.std_error[1] > many.std_error[1]
    known = estimate_segments(answers(), np.full(4, 50.0), SCORES)
    assert few.std_error[0] > known.std_error[0]


def test_order_of_segments_changes_nothing() -> None:
    order = np.array([2, 0, 3, 1])
    place = np.argsort(order)
    _, found = base_and_segments(answers())
    sums = answers().regrouped(place)
    base = estimate_base(sums, CUSTOMERS.sum(), BASE_SCORE)
    shuffled = estimate_segments(sums, CUSTOMERS[order], SCORES[order], base=base)
    np.testing.assert_allclose(shuffled.estimate, found.estimate[order])
    np.testing.assert_allclose(shuffled.change_variance, found.change_variance[:, order])


def test_answers_older_than_the_window_do_not_count() -> None:
    settings = LevelSettings(window_days=60, lags=(1, 7, 28))
    sums = answers()
    recent = sums.take(sums.age_days <= 60)
    one, two = (base_and_segments(part, settings=settings)[1] for part in (sums, recent))
    np.testing.assert_allclose(one.estimate, two.estimate)
    assert one.n.sum() == recent.answers.sum()


def test_without_answers_there_is_no_estimate_but_a_reason() -> None:
    nothing = answers().take(np.array([], dtype=int))
    base, found = base_and_segments(nothing)
    for part in (base, found):
        assert np.isnan(part.estimate).all()
        assert np.isnan(part.conf_low).all()
        assert all("no answers" in why for why in part.reason)


def test_segment_without_customers_has_none_either() -> None:
    customers = CUSTOMERS.copy()
    customers[2] = 0
    scores = SCORES.copy()
    scores[2] = np.nan
    base = estimate_base(answers(), customers.sum(), 70)
    found = estimate_segments(answers(), customers, scores, base=base)
    assert np.isnan(found.estimate[2])
    assert "no customers" in found.reason[2]
    known = [0, 1, 3]
    total = customers[known] @ found.estimate[known] / customers.sum()
    assert total == pytest.approx(base.estimate[0])


def test_estimates_stay_between_0_and_100() -> None:
    found = estimate_segments(answers(), CUSTOMERS, np.array([99.0, 98.0, 2.0, 100.0]))
    for values in (found.estimate, found.conf_low, found.conf_high):
        assert (values >= 0).all()
        assert (values <= 100).all()
    assert found.conf_high[0] == 100
    assert found.estimate[3] == 100
    # Even where all of the interval would lie above 100.
    certain = estimate_segments(answers(n=200_000), CUSTOMERS, np.full(4, 105.0))
    assert (certain.estimate == 100).all()
    assert (certain.conf_low < 100).all()


def test_gold_answers_show_the_response_bias() -> None:
    sums = answers(n=20_000, gold_share=0.2, bias=10.0)
    found = estimate_base(sums, CUSTOMERS.sum(), BASE_SCORE)
    assert found.response_bias == pytest.approx(10, abs=3 * found.response_bias_sd)
    assert found.correction[0] == pytest.approx(5, abs=3 * found.std_error[0])
    blind = estimate_base(sums.take(~sums.is_gold), CUSTOMERS.sum(), BASE_SCORE)
    assert blind.correction[0] > 12
    assert blind.response_bias == blind.response_bias_sd == 0


def test_few_gold_answers_count_as_ordinary_ones() -> None:
    sums = answers(gold_share=0.02)
    assert sums.answers[sums.is_gold].sum() < LevelSettings().fewest_gold_answers
    plain = dataclasses.replace(sums, is_gold=np.zeros(len(sums), dtype=bool))
    one, two = (base_and_segments(part)[1] for part in (sums, plain))
    np.testing.assert_allclose(one.estimate, two.estimate)
    np.testing.assert_allclose(one.std_error, two.std_error)


def test_design_effect_widens_intervals() -> None:
    base, _ = base_and_segments(answers())
    wide, _ = base_and_segments(answers(), repeats=RepeatAnswers(2.0, 0.0, 100))
    assert wide.std_error[0] > 1.15 * base.std_error[0]


def test_sizes_that_do_not_fit_the_answers_are_refused() -> None:
    with pytest.raises(EstimationError, match="3 segments with answers"):
        estimate_segments(answers(), CUSTOMERS[:2], SCORES[:2])


def test_conditions_learn_from_each_other_how_far_groups_lie_apart() -> None:
    random = np.random.default_rng(9)
    families = [answers(n=4000, seed=seed, segments=2) for seed in range(12)]
    sizes, scores = np.array([1500.0, 8500.0]), np.array([70.0, 70.0])
    alone = estimate_segments(families[0], sizes, scores)
    found = estimate_conditions(families, [sizes] * 12, [scores] * 12)
    # No condition tells anything here: twelve together say so, one alone cannot.
    assert found[0].segment_sd < 0.6 * alone.segment_sd
    order = random.permutation(12)
    shuffled = estimate_conditions([families[i] for i in order], [sizes] * 12, [scores] * 12)
    np.testing.assert_allclose(shuffled[0].estimate, found[order[0]].estimate)
    single = estimate_conditions(families[:1], [sizes], [scores])[0]
    np.testing.assert_allclose(single.estimate, alone.estimate)


@pytest.mark.filterwarnings("error")
def test_without_an_estimate_of_the_base_nothing_is_moved() -> None:
    nothing = answers().take(np.zeros(0, dtype=int))
    base = estimate_base(nothing, CUSTOMERS.sum(), BASE_SCORE)
    assert np.isnan(base.correction[0])
    found = estimate_segments(nothing, CUSTOMERS, SCORES, base=base)
    assert all(why is not None for why in found.reason)
    known = estimate_segments(answers(), CUSTOMERS, SCORES, base=base)
    alone = estimate_segments(answers(), CUSTOMERS, SCORES)
    np.testing.assert_array_equal(known.estimate, alone.estimate)
