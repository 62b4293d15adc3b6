"""Sums of answers add up, and what several answers of one customer tell is told from them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from csat.estimation import AnswerSums, EstimationError, repeat_answers, sum_answers
from csat.estimation.residuals import ASSUMED_CUSTOMER_VARIANCE


def answers(n: int = 500, seed: int = 1) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    probability = random.uniform(0.4, 0.9, n)
    return {
        "segment": random.integers(0, 4, n),
        "age_days": random.integers(0, 30, n),
        "satisfied": (random.random(n) < probability).astype(float),
        "probability": probability,
        "weight": random.gamma(4, 0.25, n),
        "is_gold": random.random(n) < 0.2,
    }


def assert_same(one: AnswerSums, two: AnswerSums) -> None:
    for field in dataclasses.fields(one):
        np.testing.assert_allclose(getattr(one, field.name), getattr(two, field.name))


def test_a_cell_holds_the_sums_of_its_answers() -> None:
    found = sum_answers(
        segment=np.array([1, 1, 0]),
        age_days=np.array([3, 3, 0]),
        satisfied=np.array([1, 0, 1]),
        probability=np.array([0.75, 0.5, 0.8]),
        weight=np.array([2.0, 1.0, 1.0]),
    )
    assert found.segment.tolist() == [0, 1]
    assert found.age_days.tolist() == [0, 3]
    assert found.answers.tolist() == [1, 2]
    assert found.weight.tolist() == [1, 3]
    assert found.weight_squares.tolist() == [1, 5]
    assert found.weighted_residual == pytest.approx([0.2, 2 * 0.25 - 0.5])
    assert found.weighted_variance == pytest.approx([0.16, 4 * 0.1875 + 0.25])
    assert found.satisfied_answers.tolist() == [1, 1]
    assert found.satisfied_weight.tolist() == [1, 2]
    assert found.satisfied_residual == pytest.approx([0.2, 0.5])


def test_sums_of_merged_segments_are_those_of_the_merged_answers() -> None:
    rows = answers()
    group = np.array([1, 0, 1, 0])
    merged = sum_answers(**(rows | {"segment": group[rows["segment"]]}))
    assert_same(sum_answers(**rows).regrouped(group), merged)
    together = sum_answers(**(rows | {"segment": np.zeros(500, dtype=int)}))
    assert_same(sum_answers(**rows).total(), together)


def test_order_of_answers_changes_nothing() -> None:
    rows = answers()
    order = np.random.default_rng(2).permutation(500)
    shuffled = {name: values[order] for name, values in rows.items()}
    assert_same(sum_answers(**rows), sum_answers(**shuffled))


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("age_days", -1, "sent after the day"),
        ("segment", -1, "count from 0"),
        ("probability", np.nan, "without a prediction"),
    ],
)
def test_what_cannot_be_summed_is_refused(column: str, value: float, said: str) -> None:
    rows = answers()
    rows[column] = rows[column].astype(float if column == "probability" else int)
    rows[column][7] = value
    with pytest.raises(EstimationError, match=said):
        sum_answers(**rows)


def test_columns_of_other_lengths_are_refused() -> None:
    found = sum_answers(**answers())
    with pytest.raises(EstimationError, match="weight has shape"):
        dataclasses.replace(found, weight=found.weight[1:])


def test_customer_variance_and_design_effect_are_those_of_the_simulation() -> None:
    random = np.random.default_rng(5)
    customers, each = 20_000, 3
    # Own deviations of ± 0.2: variance 0.04; 3 answers each, pairs correlate by 0.04 / (m (1 - m)).
    own = random.choice([-0.2, 0.2], customers)
    who = np.repeat(np.arange(customers), each)
    probability = np.full(len(who), 0.6)
    satisfied = random.random(len(who)) < 0.7 + own[who]
    found = repeat_answers(who, satisfied, probability, np.ones(len(who)))
    assert found.reason is None
    assert found.pairs == customers * 3
    assert found.customer_variance == pytest.approx(0.04, abs=0.003)
    true_variance = 0.7 * 0.3
    expected = true_variance / 0.24 * (1 + 2 * 0.04 / true_variance)
    assert found.design_effect == pytest.approx(expected, rel=0.03)


def test_single_answers_have_no_design_effect_and_an_assumed_customer_variance() -> None:
    rows = answers(4000)
    names = ("satisfied", "probability", "weight")
    found = repeat_answers(np.arange(4000), *(rows[name] for name in names))
    assert 1 <= found.design_effect < 1.06
    assert found.customer_variance == ASSUMED_CUSTOMER_VARIANCE
    assert "pairs" in found.reason
    few = repeat_answers(np.arange(20), *(rows[name][:20] for name in names))
    assert few.design_effect == 1
    assert "20 answers" in few.reason
