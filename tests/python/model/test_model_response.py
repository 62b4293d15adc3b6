"""Response weights bring the answers back to everyone, and say when they cannot."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from worlds import FEATURES, features_of, true_logit

from csat.model import FeatureDefinition, ResponseModel, ResponseWeights, response_weights
from csat.model.logistic import sigmoid


def selected(seed: int, n: int, how: str) -> tuple[pa.Table, pa.Table, np.ndarray, float]:
    """Return answers, population, what was answered, and the true share of everyone.

    Who answers depends on the features, in more than one way: on a line, on a hump, on a category.
    """
    random = np.random.default_rng(seed)
    everyone = features_of(random, n)
    logins = everyone["logins"].to_numpy().astype(float)
    tenure = everyone["tenure_days"].to_numpy()
    topic = np.array([name == "billing" for name in everyone["topic"].to_pylist()])
    missing = np.isnan(everyone["wait_seconds"].to_numpy(zero_copy_only=False))
    response = {
        "line": -3 + 0.12 * logins,
        "hump": -2 - 0.6 * (tenure / 1000 - 1.5) ** 2 + 0.8 * missing,
        "category": -2.5 + 1.2 * topic - 0.8 * missing,
    }[how]
    probability = sigmoid(true_logit("smooth", everyone))
    answered = random.random(n) < sigmoid(response)
    satisfied = random.random(n) < probability
    sample = everyone.filter(pa.array(random.random(n) < 0.2))
    answers = everyone.filter(pa.array(answered))
    return answers, sample, satisfied[answered], float(probability.mean())


@pytest.mark.parametrize("how", ["line", "hump", "category"])
def test_weighted_answers_have_the_population_means(how: str) -> None:
    answers, population, _, _ = selected(1, 40_000, how)
    found = response_weights(answers, population, FEATURES)
    assert found.reason is None
    assert found.weights.mean() == pytest.approx(1)
    assert (found.weights > 0).all()
    assert 0 < found.capped_share <= 0.011
    assert found.effective_answers < answers.num_rows
    assert found.effective_answers == pytest.approx(
        found.weights.sum() ** 2 / (found.weights**2).sum()
    )
    for name in ("logins", "tenure_days", "has_autopay"):
        values, everyone = (
            table[name].cast(pa.float64()).to_numpy() for table in (answers, population)
        )
        before = abs(values.mean() - everyone.mean()) / everyone.std()
        after = abs(np.average(values, weights=found.weights) - everyone.mean()) / everyone.std()
        # The cap leaves a part of a large gap, on purpose.
        assert after < 0.03 + 0.1 * before


def test_bias_of_the_share_falls() -> None:
    unweighted, weighted = [], []
    for seed in range(6):
        answers, population, satisfied, truth = selected(seed, 30_000, "line")
        weights = response_weights(answers, population, FEATURES).weights
        unweighted.append(satisfied.mean() - truth)
        weighted.append(np.average(satisfied, weights=weights) - truth)
    assert abs(np.mean(unweighted)) > 0.02
    assert abs(np.mean(weighted)) < abs(np.mean(unweighted)) / 3


def test_same_answers_have_the_same_weights() -> None:
    answers, population, _, _ = selected(1, 8000, "hump")
    one, two = (response_weights(answers, population, FEATURES) for _ in range(2))
    np.testing.assert_array_equal(one.weights, two.weights)
    order = np.random.default_rng(1).permutation(answers.num_rows)
    shuffled = response_weights(answers.take(order), population, FEATURES)
    np.testing.assert_allclose(shuffled.weights, one.weights[order], rtol=1e-6)


def test_customers_whom_no_answer_resembles_are_counted() -> None:
    random = np.random.default_rng(1)
    values = random.uniform(0, 10, 20_000)
    population = pa.table({"x": values})
    answers = pa.table({"x": values[(values > 5) & (random.random(20_000) < 0.05)]})
    found = response_weights(answers, population, [FeatureDefinition("x")])
    assert 0.3 < found.outside_support_share < 0.6


@pytest.mark.parametrize("count", [0, 10])
def test_too_few_answers_weigh_alike_and_say_so(count: int) -> None:
    answers, population, _, _ = selected(1, 4000, "line")
    found = response_weights(answers.slice(0, count), population, FEATURES)
    assert isinstance(found, ResponseWeights)
    assert found.weights.tolist() == [1.0] * count
    assert found.relative_propensity is None
    assert found.capped_share is None
    assert f"{count} answers" in found.reason


@pytest.mark.parametrize("how", ["hump", "category"])
def test_a_kept_model_weighs_the_same_answers_alike_and_later_ones_too(how: str) -> None:
    answers, population, _, _ = selected(1, 8000, how)
    found = response_weights(answers, population, FEATURES)
    kept = ResponseModel.from_json(found.model.to_json())
    assert kept == found.model
    np.testing.assert_array_equal(kept.weights(answers), found.weights)
    # One row at a time, sums are made in another order.
    np.testing.assert_allclose(kept.weights(answers.slice(5, 1)), found.weights[5:6], rtol=1e-12)
    # A category and a gap that the fit has not seen, and numbers beyond its own.
    strange = answers.slice(0, 3).set_column(
        answers.column_names.index("topic"), "topic", pa.array(["new", None, "billing"])
    )
    assert np.isfinite(kept.weights(strange)).all()
