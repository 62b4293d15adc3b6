"""Training is deterministic, honest about what it has not seen, and never fails on few answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from worlds import FEATURES, SETTINGS, answers_of, features_of

from csat.model import FeatureDefinition, ModelError, TrainedModel, TrainingSettings, score
from csat.model.evaluation import auc, calibration_error

Train = Callable[..., TrainedModel]
NO_PAIRS = replace(SETTINGS, pair_candidates=(0,))


@pytest.fixture(scope="module")
def examples() -> pa.Table:
    return answers_of("smooth", 800, 4, customers=500)[0]


@pytest.fixture(scope="module")
def first(examples: pa.Table, train_small: Train) -> TrainedModel:
    return train_small(examples)


def test_order_of_rows_and_columns_changes_nothing(
    examples: pa.Table, first: TrainedModel, train_small: Train
) -> None:
    shuffled = examples.take(np.random.default_rng(1).permutation(examples.num_rows))
    shuffled = shuffled.select(sorted(shuffled.column_names))
    again = train_small(shuffled)
    assert again.terms.equals(first.terms)
    assert again.version.equals(first.version)
    assert again.out_of_fold.equals(first.out_of_fold)


def test_jobs_change_nothing(examples: pa.Table, train_small: Train) -> None:
    one, two = (train_small(examples, NO_PAIRS, jobs=jobs) for jobs in (1, 2))
    assert one.terms.equals(two.terms)


def test_global_random_state_is_neither_read_nor_moved(
    examples: pa.Table, first: TrainedModel, train_small: Train
) -> None:
    np.random.seed(7)  # noqa: NPY002
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    assert train_small(examples).terms.equals(first.terms)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_another_seed_is_another_model(examples: pa.Table, train_small: Train) -> None:
    one, two = (train_small(examples, NO_PAIRS, seed=seed) for seed in (1, 2))
    assert not one.terms.equals(two.terms)


def test_weights_count_in_proportion_only(examples: pa.Table, train_small: Train) -> None:
    weights = np.random.default_rng(1).integers(1, 5, examples.num_rows).astype(float)
    one, two = (
        train_small(examples.append_column("weight", pa.array(weights * scale)), NO_PAIRS)
        for scale in (1, 64)
    )
    assert one.terms.equals(two.terms)
    (version,) = one.version.to_pylist()
    satisfied = examples["is_satisfied"].to_numpy()
    effective = weights.sum() ** 2 / (weights**2).sum()
    assert version["effective_answers"] == pytest.approx(effective)
    share = np.average(satisfied, weights=weights)
    assert version["base_rate"] == pytest.approx((effective * share + 2) / (effective + 4))


def test_customers_never_help_to_predict_themselves(
    first: TrainedModel, examples: pa.Table
) -> None:
    joined = first.out_of_fold.join(examples.select(["example_id", "customer_id"]), "example_id")
    folds = joined.group_by("customer_id").aggregate([("fold", "count_distinct")])
    assert pc.max(folds["fold_count_distinct"]).as_py() == 1
    assert first.out_of_fold.num_rows == examples.num_rows


@pytest.mark.parametrize("world", ["smooth", "steps", "interaction"])
def test_probability_is_near_the_truth(world: str, train_small: Train) -> None:
    answers, _ = answers_of(world, 5000, 11)
    unseen, truth = answers_of(world, 20000, 12)
    scores = score(train_small(answers), unseen)
    satisfied = unseen["is_satisfied"].to_numpy()
    assert calibration_error(truth, scores.probability) < 1.5
    assert auc(satisfied, scores.probability) > auc(satisfied, truth) - 0.02
    assert np.corrcoef(scores.probability, truth)[0, 1] > 0.85
    covered = np.mean((scores.lower <= truth) & (truth <= scores.upper))
    assert 0.85 < covered <= 1.0
    assert np.mean(scores.upper - scores.lower) < 0.35


def test_pairs_are_chosen_where_two_things_interact_and_only_there(train_small: Train) -> None:
    settings = replace(SETTINGS, pair_candidates=(0, 5))
    found = {
        world: train_small(answers_of(world, 5000, 11)[0], settings).version["pairs"][0].as_py()
        for world in ("steps", "interaction")
    }
    assert found == {"steps": 0, "interaction": 5}


def test_few_answers_are_not_asked_for_pairs(train_small: Train) -> None:
    version = train_small(answers_of("interaction", 600, 11)[0], SETTINGS).version
    tried = json.loads(version["metrics"][0].as_py())["log_loss_by_pairs"]
    assert list(tried) == ["0"]


def test_held_features_are_in_no_pair_but_learned(train_small: Train) -> None:
    answers, _ = answers_of("interaction", 2500, 1)
    settings = replace(SETTINGS, pair_candidates=(5,))
    model = train_small(answers, settings, held=["topic"])
    pairs = [term for term in model.summands if len(term.axes) == 2]
    # Free and not held are wait_seconds, logins, has_autopay and never_delivered, which is flat.
    assert {frozenset(axis.feature for axis in pair.axes) for pair in pairs} == {
        frozenset({"wait_seconds", "logins"}),
        frozenset({"wait_seconds", "has_autopay"}),
        frozenset({"logins", "has_autopay"}),
    }
    billing, move = (model.held_at({"topic": topic}) for topic in ("billing", "move"))
    assert billing.intercept < move.intercept - 0.3
    assert "topic" not in billing.features
    with pytest.raises(ModelError, match="instrument_id is held, but no feature"):
        train_small(answers, settings, held=["instrument_id"])


@pytest.mark.parametrize(
    ("few", "says"),
    [
        (lambda table: table.slice(0, 0), "0 answers, fewer than min_training_answers"),
        (lambda table: table.slice(0, 1), "1 answers, fewer"),
        (lambda table: table.slice(0, 150), "150 answers, fewer"),
        (
            lambda table: table.filter(table["is_satisfied"]),
            "answers are satisfied",
        ),
        (
            lambda table: table.filter(pc.invert(table["is_satisfied"])),
            "answers are not satisfied",
        ),
    ],
)
def test_too_little_to_learn_from_gives_a_shrunk_base_rate_that_says_so(
    few: Callable, says: str, examples: pa.Table, train_small: Train
) -> None:
    some = few(examples)
    model = train_small(some)
    (version,) = model.version.to_pylist()
    assert model.is_fallback
    assert says in version["fallback_reason"]
    assert version["auc"] is None
    satisfied, n = some["is_satisfied"].to_pylist().count(True), some.num_rows
    expected = (satisfied + 2) / (n + 4)
    scores = score(model, features_of(np.random.default_rng(1), 10))
    # The logit is rounded to a millionth.
    np.testing.assert_allclose(scores.probability, expected, rtol=0, atol=0.5e-6 / 4)
    assert version["base_rate"] == pytest.approx(expected, abs=1e-12)
    assert (scores.lower < scores.probability).all()
    assert (scores.probability < scores.upper).all()
    assert TrainedModel.from_tables(model.terms, model.version).terms.equals(model.terms)


def test_features_that_tell_nothing_give_the_base_rate(train_small: Train) -> None:
    model = train_small(answers_of("nothing", 1500, 3)[0])
    (version,) = model.version.to_pylist()
    if not model.is_fallback:
        assert version["calibration_slope"] < 0.6
    constant = answers_of("nothing", 300, 3)[0]
    nothing = pa.table(
        {
            **{name: constant[name] for name in ("example_id", "customer_id", "is_satisfied")},
            **{feature.name: pa.nulls(300, pa.float64()) for feature in FEATURES},
        }
    )
    assert "No feature differs" in train_small(nothing).version["fallback_reason"][0].as_py()


def test_fallback_interval_is_as_wide_as_the_answers_allow(train_small: Train) -> None:
    table = answers_of("nothing", 199, 3)[0]
    widths = []
    for count in (0, 20, 199):
        scores = score(train_small(table.slice(0, count)), table.slice(0, 1))
        widths.append(float(scores.upper[0] - scores.lower[0]))
    assert widths[0] > 0.7 > widths[1] > 0.3 > widths[2] > 0.1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda table: table.drop_columns(["example_id"]), "no column example_id"),
        (lambda table: table.drop_columns(["logins"]), "no column logins"),
        (lambda table: pa.concat_tables([table, table]), "share an example_id"),
        (
            lambda table: table.append_column("weight", pa.array([0.0] * table.num_rows)),
            "not above 0",
        ),
        (
            lambda table: table.drop_columns(["is_satisfied"]).append_column(
                "is_satisfied", pa.array([4] * table.num_rows)
            ),
            "is_satisfied",
        ),
        (
            lambda table: table.drop_columns(["customer_id"]).append_column(
                "customer_id", pa.nulls(table.num_rows, pa.string())
            ),
            "customer_id",
        ),
    ],
)
def test_unusable_examples_are_refused_by_name(
    change: Callable, says: str, examples: pa.Table, train_small: Train
) -> None:
    with pytest.raises(ModelError, match=says):
        train_small(change(examples))


def test_definitions_and_settings_are_checked() -> None:
    with pytest.raises(ModelError, match="direction"):
        FeatureDefinition("topic", kind="categorical", direction=1)
    with pytest.raises(ModelError, match="kind"):
        FeatureDefinition("topic", kind="text")
    with pytest.raises(ModelError, match="missing_rule"):
        FeatureDefinition("topic", missing_rule="drop")
    with pytest.raises(ModelError, match="outer_bags"):
        TrainingSettings(outer_bags=1)
