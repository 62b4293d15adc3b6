"""Errors that all bags share are measured on unseen answers, and never make intervals narrower."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import t
from worlds import FEATURES, answers_of

from csat.model import TrainedModel, score
from csat.model.boosting import Examples
from csat.model.logistic import logit_of, sigmoid
from csat.model.training import _examples
from csat.model.uncertainty import error_variance, interval_factor


def wrong_by(size: float, seed: int) -> tuple[Examples, np.ndarray, np.ndarray, float]:
    """Return answers, predictions that are wrong along two features, folds, the squared error."""
    random = np.random.default_rng(seed)
    answers, truth = answers_of("smooth", 1500, seed)
    answers = answers.append_column("weight", pa.array(random.uniform(0.5, 2, 1500)))
    order = np.argsort(answers["example_id"].to_pylist())
    rows = _examples(answers, FEATURES)
    tenure = rows.values["tenure_days"].to_numpy() / 2000 - 1
    billing = np.array([name == "billing" for name in rows.values["topic"].to_pylist()])
    error = size * (tenure + 2 * (billing - billing.mean()))
    fold = random.integers(0, 3, 1500)
    return rows, logit_of(truth[order]) + error, fold, float(np.mean(error**2))


@pytest.mark.parametrize("size", [0.0, 0.3, 0.6])
def test_error_along_features_is_found_without_bias(size: float) -> None:
    found, true = [], []
    for seed in range(40):
        rows, logit, fold, squared = wrong_by(size, seed)
        found.append(error_variance(rows, FEATURES, logit, fold))
        true.append(squared)
    chance = 3 * np.std(found) / np.sqrt(40)
    assert abs(np.mean(found) - np.mean(true)) < chance + 0.25 * np.mean(true)


def test_what_one_customer_says_twice_is_no_error_of_the_model() -> None:
    found = []
    for seed in range(20):
        rows, _, _, _ = wrong_by(0.0, seed)
        random = np.random.default_rng(seed)
        customers = np.repeat(np.arange(500), 3)
        values = rows.values.take(customers * 3)
        own = 0.7 + random.normal(scale=2, size=500)[customers]
        satisfied = (random.random(1500) < sigmoid(own)).astype(float)
        same = replace(rows, customers=customers, satisfied=satisfied, values=values)
        base = np.full(1500, float(logit_of(satisfied.mean())))
        fold = customers % 3
        alone = replace(same, customers=np.arange(1500))
        found.append([error_variance(some, FEATURES, base, fold) for some in (same, alone)])
    together, apart = np.mean(found, axis=0)
    assert abs(together) < 0.04
    assert apart > together + 0.04


def test_intervals_are_never_narrower_than_the_jackknife() -> None:
    narrowest = t.ppf(0.975, 3) * 3 / 2
    for error in (None, -0.1, 0.0, 0.2):
        assert interval_factor(4, 0.95, 0.1, error) == pytest.approx(narrowest)
    assert interval_factor(4, 0.95, 0.0, 0.3) == pytest.approx(narrowest)
    wider = interval_factor(4, 0.95, 0.1, 0.9)
    assert wider == pytest.approx(t.ppf(0.975, 3) * 3)


def test_features_that_tell_nothing_leave_the_jackknife() -> None:
    rows, logit, fold, _ = wrong_by(0.0, 1)
    assert error_variance(rows, [FEATURES[-1]], logit, fold) is None


def test_version_says_what_the_interval_was_made_of(smooth_model: TrainedModel) -> None:
    metrics = json.loads(smooth_model.version["metrics"][0].as_py())
    expected = interval_factor(4, 0.95, metrics["bag_variance"], metrics["error_variance"])
    assert smooth_model.interval_factor == expected


def test_intervals_of_few_answers_cover_better_than_the_bags_alone(
    train_small: Callable[..., TrainedModel],
) -> None:
    narrowest = t.ppf(0.975, 3) * 3 / 2
    unseen, truth = answers_of("smooth", 3000, 99)
    covered = []
    for seed in range(4):
        model = train_small(answers_of("smooth", 400, seed)[0])
        scores = score(model, unseen)
        off = np.abs(scores.logit - logit_of(truth)) / scores.bag_logits.std(axis=1, ddof=1)
        covered.append([np.mean(off <= narrowest), np.mean(off <= model.interval_factor)])
    before, after = np.mean(covered, axis=0)
    assert after > max(before, 0.85)
