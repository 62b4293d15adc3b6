"""Figures agree with their definitions, and no answer is null with a reason, never 0."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from csat.model import calibration_bins, compare, evaluate, kish_effective_n, last_rating_baseline
from csat.model.evaluation import (
    auc,
    bins_for,
    calibration_error,
    calibration_error_by_chance,
    paired_difference,
)


@pytest.fixture
def answers() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    probability = np.round(random.beta(4, 2, 4000), 2)
    satisfied = (random.random(4000) < probability).astype(float)
    return satisfied, probability, random.exponential(size=4000) + 0.1


def test_figures_agree_with_scikit_learn(answers: tuple) -> None:
    satisfied, probability, weights = answers
    for w in (None, weights):
        found = evaluate(satisfied, probability, weights=w)
        assert found.log_loss == pytest.approx(
            metrics.log_loss(satisfied, probability, sample_weight=w)
        )
        assert found.auc == pytest.approx(
            metrics.roc_auc_score(satisfied, probability, sample_weight=w)
        )
        assert found.brier == pytest.approx(
            metrics.brier_score_loss(satisfied, probability, sample_weight=w)
        )
        assert found.log_loss < found.base_rate_log_loss
        assert found.reason is None
    assert evaluate(satisfied, probability).effective_answers == pytest.approx(4000)


def test_order_of_rows_changes_no_figure(answers: tuple) -> None:
    satisfied, probability, weights = answers
    order = np.random.default_rng(2).permutation(4000)
    before = evaluate(satisfied, probability, weights=weights)
    after = evaluate(satisfied[order], probability[order], weights=weights[order])
    assert after.calibration_error == pytest.approx(before.calibration_error, abs=1e-10)
    assert after.auc == pytest.approx(before.auc, abs=1e-12)


def test_calibration_bins_are_twenty_of_nearly_equal_count(answers: tuple) -> None:
    satisfied, probability, _ = answers
    bins = calibration_bins(satisfied, probability)
    assert [part.bin_number for part in bins] == list(range(1, 21))
    assert sum(part.answers for part in bins) == 4000
    assert all(part.observed_lower < part.observed < part.observed_upper for part in bins)
    covered = [part.observed_lower <= part.predicted <= part.observed_upper for part in bins]
    assert sum(covered) >= 17


def test_calibration_error_is_the_mean_gap_in_points() -> None:
    truth = np.linspace(0.2, 0.8, 2000)
    assert calibration_error(truth, truth) == pytest.approx(0, abs=1e-9)
    assert calibration_error(truth, truth + 0.05) == pytest.approx(5)
    assert calibration_error(truth, truth + 0.05, np.linspace(1, 2, 2000)) == pytest.approx(5)
    assert calibration_error(np.array([1.0, 0, 0, 0]), np.full(4, 0.5)) == pytest.approx(25)


def test_bins_are_fewer_where_answers_are() -> None:
    assert [bins_for(n) for n in (0, 3, 19, 20, 150, 200, 99_999)] == [1, 1, 1, 2, 15, 20, 20]
    assert len(calibration_bins(np.ones(60), np.linspace(0.5, 0.9, 60))) == 6


def test_a_calibration_error_is_that_of_its_bins(answers: tuple) -> None:
    satisfied, probability, weights = answers
    bins = calibration_bins(satisfied, probability, weights)
    of_bins = np.array([abs(part.predicted - part.observed) for part in bins])
    found = calibration_error(satisfied, probability, weights)
    # Bins weigh nearly the same; equal predictions share one.
    assert found == pytest.approx(100 * of_bins.mean(), rel=0.03)


def test_chance_by_hand() -> None:
    probability = np.repeat([0.5, 0.8], 10)
    by_bins = [np.sqrt(0.25 / 10), np.sqrt(0.16 / 10)]
    wanted = 100 * np.sqrt(2 / np.pi) * np.mean(by_bins)
    assert calibration_error_by_chance(probability) == pytest.approx(wanted)
    assert calibration_error_by_chance(probability, np.full(20, 7.0)) == pytest.approx(wanted)
    assert calibration_error_by_chance(np.repeat([0.0, 1.0], 50)) == 0
    assert calibration_error_by_chance(np.empty(0)) is None


@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize("n", [30, 150, 1000, 5000])
def test_chance_is_what_a_perfect_model_shows(n: int, is_weighted: bool) -> None:
    random = np.random.default_rng([n, is_weighted])
    truth = random.beta(5, 2, n)
    weights = random.uniform(0.5, 2, n) if is_weighted else None
    shown = [
        calibration_error((random.random(n) < truth).astype(float), truth, weights)
        for _ in range(600)
    ]
    error = np.std(shown, ddof=1) / np.sqrt(600)
    by_chance = calibration_error_by_chance(truth, weights)
    # Beside the noise of the simulation, sums of ten answers are not quite normal.
    assert abs(np.mean(shown) - by_chance) < 3 * error + 0.02 * by_chance


@pytest.mark.parametrize("satisfied", [[], [1.0], [1.0] * 50, [0.0] * 50])
def test_what_has_no_answer_is_null_with_a_reason(satisfied: list[float]) -> None:
    found = evaluate(np.array(satisfied), np.full(len(satisfied), 0.7))
    assert found.auc is None
    assert found.reason
    assert found.last_rating_auc is None
    if not satisfied:
        assert found.log_loss is found.brier is found.calibration_error is None
        assert found.calibration_error_by_chance is None


def test_kish() -> None:
    assert kish_effective_n(np.full(7, 3.0)) == pytest.approx(7)
    assert kish_effective_n(np.array([1.0, 3.0])) == pytest.approx(1.6)
    assert kish_effective_n(np.empty(0)) == 0


def test_last_rating_baseline_is_the_shrunk_share_of_each_rating() -> None:
    last = np.array([1.0] * 10 + [5.0] * 10 + [np.nan] * 20)
    satisfied = np.array([0.0] * 10 + [1.0] * 10 + [1.0, 0.0] * 10)
    predicted = last_rating_baseline(
        last, satisfied, np.array([1.0, 5.0, np.nan, 3.0]), prior_answers=10
    )
    np.testing.assert_allclose(predicted, [0.25, 0.75, 0.5, 0.5])
    drawn = last_rating_baseline(
        last, satisfied, np.array([1.0, 3.0]), prior_answers=10, base_rate=0.6
    )
    np.testing.assert_allclose(drawn, [0.3, 0.6])


def test_standard_error_counts_customers_not_answers() -> None:
    random = np.random.default_rng(3)
    once = random.normal(size=300)
    _, single = paired_difference(once, np.ones(300), np.arange(300))
    assert single == pytest.approx(once.std(ddof=1) / np.sqrt(300))
    five_times = np.repeat(once, 5)
    _, repeated = paired_difference(five_times, np.ones(1500), np.repeat(np.arange(300), 5))
    assert repeated == pytest.approx(single)


def worlds(seed: int, n: int = 1500) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    truth = random.beta(5, 2.5, n)
    return (random.random(n) < truth).astype(float), truth, random.integers(0, n // 2, n)


def test_challenger_takes_over_unless_it_is_worse() -> None:
    satisfied, truth, customers = worlds(1)
    base = np.full(len(truth), satisfied.mean())
    better = compare(satisfied, base, truth, customers)
    assert better.takes_over
    assert better.conf_high < 0
    assert not compare(satisfied, truth, base, customers).takes_over
    lacking = np.where(np.arange(len(truth)) == 7, np.nan, truth)
    assert not compare(satisfied, base, lacking, customers).takes_over
    same = compare(satisfied, truth, truth, customers)
    assert same.takes_over
    assert (same.difference, same.std_error) == (0, 0)


def test_an_equal_challenger_is_refused_as_often_as_the_rule_says() -> None:
    refused = 0
    for seed in range(200):
        satisfied, truth, customers = worlds(seed, 600)
        noise = np.random.default_rng([seed, 1]).normal(scale=0.03, size=(2, len(truth)))
        champion, challenger = np.clip(truth + noise, 0.02, 0.98)
        refused += not compare(satisfied, champion, challenger, customers).takes_over
    assert 0.05 <= refused / 200 <= 0.16


def test_too_few_later_answers_leave_the_champion() -> None:
    satisfied, truth, customers = worlds(1)
    found = compare(satisfied[:29], truth[:29], truth[:29], customers[:29])
    assert not found.takes_over
    assert found.difference is None
    assert "fewer than 30" in found.reason
    assert not compare(satisfied[:40], truth[:40], truth[:40], np.zeros(40)).takes_over


def test_auc_of_one_class_is_null() -> None:
    assert auc(np.ones(5), np.linspace(0, 1, 5)) is None
