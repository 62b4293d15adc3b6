"""A random sample that was pressed to answer tells what no weight can: the angry answer more."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from worlds import FEATURES, SETTINGS, features_of, true_logit

from csat.model import FeatureDefinition, TrainedModel, score, train
from csat.model.evaluation import calibration_error
from csat.model.logistic import sigmoid

KIND = FeatureDefinition("survey_kind", kind="categorical")
REFERENCE = {"survey_kind": "relationship"}
NO_PAIRS = replace(SETTINGS, pair_candidates=(0,))


def asked(seed: int, world: str, self_selected: int, gold: int, exaggerated: float) -> pa.Table:
    """Return answers of which those given of their own accord lie further apart than the truth."""
    random = np.random.default_rng(seed)
    n = self_selected + gold
    features = features_of(random, n)
    is_gold = np.arange(n) >= self_selected
    logit = true_logit(world, features)
    biased = exaggerated * (logit - 0.8) + 0.8 + 0.3
    satisfied = random.random(n) < sigmoid(np.where(is_gold, logit, biased))
    kind = np.where(is_gold, "follow_up", "relationship")
    ids = [f"r{number}" for number in range(n)]
    for name, values in (
        ("survey_kind", kind),
        ("is_gold", is_gold),
        ("is_satisfied", satisfied),
        ("example_id", ids),
        ("customer_id", ids),
    ):
        features = features.append_column(name, pa.array(values))
    return features


def trained(examples: pa.Table, **options: object) -> TrainedModel:
    return train(
        examples,
        (*FEATURES, KIND),
        NO_PAIRS,
        seed=1,
        model_version="v1",
        trained_until=date(2026, 3, 31),
        held=("survey_kind",),
        **options,
    )


def error_of(model: TrainedModel, world: str) -> float:
    """Return the calibration error of the scores of everyone against the truth, in points."""
    everyone = features_of(np.random.default_rng(99), 20_000)
    truth = sigmoid(true_logit(world, everyone))
    return calibration_error(truth, score(model.held_at(REFERENCE), everyone).probability)


@pytest.mark.parametrize("world", ["smooth", "steps"])
def test_gold_answers_bring_level_and_spread_back(world: str) -> None:
    examples = asked(3, world, 4000, 1000, exaggerated=1.3)
    blind = error_of(trained(examples), world)
    corrected = error_of(trained(examples, reference=REFERENCE), world)
    assert blind > 4
    # The level of 1,000 answers has a standard error of 1.5 points.
    assert corrected < 3
    assert corrected < 0.6 * blind


def test_where_nothing_is_exaggerated_little_changes() -> None:
    examples = asked(5, "smooth", 4000, 1000, exaggerated=1.0)
    kind = examples["survey_kind"].to_pylist()
    honest = examples.set_column(
        examples.column_names.index("is_satisfied"),
        "is_satisfied",
        pa.array(
            np.random.default_rng(8).random(len(kind)) < sigmoid(true_logit("smooth", examples))
        ),
    )
    before, after = (
        error_of(trained(honest, **o), "smooth") for o in ({}, {"reference": REFERENCE})
    )
    assert before < 2.5
    assert after < 2.5


def test_a_handful_of_gold_answers_changes_nothing() -> None:
    examples = asked(7, "smooth", 900, 30, exaggerated=1.3)
    one, two = (trained(examples, **o) for o in ({}, {"reference": REFERENCE}))
    assert one.terms.equals(two.terms)


def test_what_is_kept_adds_up_to_the_same_logits() -> None:
    examples = asked(9, "smooth", 900, 200, exaggerated=1.3)
    model = trained(examples, reference=REFERENCE)
    (version,) = model.version.to_pylist()
    again = TrainedModel.from_tables(model.terms, model.version, "v1")
    np.testing.assert_array_equal(score(model, examples).logit, score(again, examples).logit)
    logits = model.out_of_fold["logit"].to_numpy()
    plain = trained(examples).out_of_fold["logit"].to_numpy()
    line = np.polyfit(plain, logits, 1)
    np.testing.assert_allclose(np.polyval(line, plain), logits, atol=1e-9)
    assert version["calibration_slope"] > 0
