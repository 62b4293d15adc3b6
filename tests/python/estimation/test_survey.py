"""Survey-only figures on worked examples, and what the estimate gains over them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from csat.estimation import AnswerSums, estimate_segments, sum_answers
from csat.estimation.survey import gain_over_survey, response_bias_correction, survey_estimates
from csat.model import kish_effective_n


def sums_of(
    satisfied: np.ndarray, weight: np.ndarray, segment: np.ndarray, age: int = 0, gold: bool = False
) -> AnswerSums:
    count = len(satisfied)
    return sum_answers(
        segment=segment,
        age_days=np.full(count, age),
        satisfied=satisfied,
        probability=np.full(count, 0.7),
        weight=weight,
        is_gold=np.full(count, gold),
    )


def test_41_of_50_is_82_percent_from_69_to_90() -> None:
    satisfied = np.r_[np.ones(41), np.zeros(9)]
    sums = sums_of(satisfied, np.ones(50), np.zeros(50, dtype=int))
    for is_weighted in (False, True):
        found = survey_estimates(sums, 1, is_weighted=is_weighted)
        assert found.estimate[0] == pytest.approx(82)
        assert (round(found.conf_low[0]), round(found.conf_high[0])) == (69, 90)
        assert found.n[0] == found.effective_n[0] == 50


def test_weights_count_by_kish() -> None:
    satisfied, weight = np.array([1, 1, 0, 0, 1]), np.array([0.5, 0.5, 2.0, 1.0, 1.0])
    sums = sums_of(satisfied, weight, np.zeros(5, dtype=int))
    weighted = survey_estimates(sums, 1)
    assert weighted.estimate[0] == pytest.approx(40)
    assert weighted.effective_n[0] == pytest.approx(kish_effective_n(weight))
    plain = survey_estimates(sums, 1, is_weighted=False)
    assert plain.estimate[0] == pytest.approx(60)
    assert weighted.conf_high[0] - weighted.conf_low[0] > plain.conf_high[0] - plain.conf_low[0]
    found = estimate_segments(sums, np.array([100.0]), np.array([70.0]))
    assert response_bias_correction(weighted, plain, found)[0] == pytest.approx(-20)
    biased = dataclasses.replace(found, response_bias=3.0)
    assert response_bias_correction(weighted, plain, biased)[0] == pytest.approx(-23)


def test_old_and_gold_answers_are_left_out() -> None:
    parts = [
        sums_of(np.array([1, 0]), np.ones(2), np.array([0, 0]), age=6),
        sums_of(np.array([0]), np.ones(1), np.array([0]), age=7),
        sums_of(np.array([0]), np.ones(1), np.array([0]), age=0, gold=True),
    ]
    names = [field.name for field in dataclasses.fields(AnswerSums)]
    together = AnswerSums(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))
    found = survey_estimates(together, 1, window_days=7)
    assert found.estimate[0] == pytest.approx(50)
    assert found.n[0] == 2


def test_segment_without_answers_has_a_reason() -> None:
    sums = sums_of(np.ones(4), np.ones(4), np.array([0, 0, 2, 2]))
    found = survey_estimates(sums, 3)
    assert np.isnan(found.estimate[1])
    assert found.reason.tolist() == [None, "There are no answers.", None]
    assert found.effective_n[1] == 0
    levels = estimate_segments(sums, np.full(3, 100.0), np.full(3, 70.0))
    gain = gain_over_survey(found, levels)
    assert np.isnan(gain[1])
    width = levels.conf_high[0] - levels.conf_low[0]
    assert gain[0] == pytest.approx(((100 - found.conf_low[0]) / width) ** 2)
