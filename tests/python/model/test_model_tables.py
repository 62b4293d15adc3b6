"""The tables alone are the model: readable, complete, and read back without loss."""

from __future__ import annotations

import json

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from worlds import FEATURES, answers_of

from csat.model import (
    TERMS_SCHEMA,
    VERSIONS_SCHEMA,
    ModelError,
    TrainedModel,
    empty_terms,
    empty_versions,
    score,
)


def rows_of(model: TrainedModel, term: str) -> list[dict]:
    return model.terms.filter(pc.equal(model.terms["term"], term)).to_pylist()


def test_model_is_rebuilt_from_its_tables_in_any_order_among_other_versions(
    pair_model: TrainedModel, smooth_model: TrainedModel
) -> None:
    other = smooth_model.terms.set_column(
        0, "model_version", pa.array(["other"] * smooth_model.terms.num_rows)
    )
    both = pa.concat_tables([other, pair_model.terms])
    shuffled = both.take(np.random.default_rng(1).permutation(both.num_rows))
    again = TrainedModel.from_tables(shuffled, pair_model.version, "v1")
    assert again.terms.equals(pair_model.terms)
    table = answers_of("interaction", 500, 2)[0]
    before, after = score(pair_model, table), score(again, table)
    for name in ("logit", "probability", "lower", "upper", "contributions", "bag_logits"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name))


def test_model_survives_the_warehouse(pair_model: TrainedModel) -> None:
    connection = duckdb.connect()
    connection.register("model_terms", pair_model.terms)
    connection.register("model_versions", pair_model.version)
    connection.execute("create table terms as select * from model_terms order by random()")
    connection.execute("create table versions as select * from model_versions")
    again = TrainedModel.from_tables(
        connection.execute("from terms").to_arrow_table(),
        connection.execute("from versions").to_arrow_table(),
    )
    assert again.terms.equals(pair_model.terms)
    assert again.interval_factor == pair_model.interval_factor


def test_tables_have_their_schemas_and_say_what_they_were_trained_on(
    smooth_model: TrainedModel,
) -> None:
    assert smooth_model.terms.schema == TERMS_SCHEMA == empty_terms().schema
    assert smooth_model.version.schema == VERSIONS_SCHEMA == empty_versions().schema
    (version,) = smooth_model.version.to_pylist()
    assert version["answers"] == 1500
    assert version["customers"] <= 900
    assert version["is_fallback"] is False
    assert version["calibration_slope"] > 0
    assert json.loads(version["settings"])["outer_bags"] == version["outer_bags"] == 4
    assert [row["name"] for row in json.loads(version["features"])] == [f.name for f in FEATURES]
    assert version["log_loss"] < version["base_rate_log_loss"]


def test_bins_of_a_number_are_the_missing_one_and_intervals_without_gaps(
    smooth_model: TrainedModel,
) -> None:
    missing, *bins = rows_of(smooth_model, "wait_seconds")
    assert missing["is_missing"]
    assert (missing["lower_edge"], missing["upper_edge"]) == (None, None)
    edges = [row["lower_edge"] for row in bins] + [bins[-1]["upper_edge"]]
    assert edges[0] == -np.inf
    assert edges[-1] == np.inf
    assert edges == sorted(set(edges))
    assert all(row["upper_edge"] == edge for row, edge in zip(bins, edges[1:], strict=True))
    assert len(bins) <= 62
    assert not any(row["is_missing"] or row["is_unknown"] for row in bins)


def test_bins_of_a_category_are_missing_each_category_and_unknown(
    smooth_model: TrainedModel,
) -> None:
    rows = rows_of(smooth_model, "topic")
    categories = [row["category"] for row in rows]
    assert categories == [None, "", "billing", 'it\'s "off"', "move", "nan", None]
    assert [row["is_missing"] for row in rows] == [True] + [False] * 6
    assert [row["is_unknown"] for row in rows] == [False] * 6 + [True]


def test_direction_holds_in_every_bag(smooth_model: TrainedModel) -> None:
    for term, direction in (("late_payments", -1), ("tenure_days", 1)):
        rows = rows_of(smooth_model, term)[1:]
        whole = np.array([row["contribution"] for row in rows])
        in_bags = np.array([row["bag_contributions"] for row in rows])
        assert (direction * np.diff(whole) >= -1e-12).all()
        assert (direction * np.diff(in_bags, axis=0) >= -1e-12).all()
        assert direction * (whole[-1] - whole[0]) > 0.1


def test_no_value_is_zero_where_the_registry_says_so(smooth_model: TrainedModel) -> None:
    missing, *bins = rows_of(smooth_model, "late_payments")
    (zero,) = (row for row in bins if row["lower_edge"] <= 0 < row["upper_edge"])
    assert missing["contribution"] == zero["contribution"]
    assert missing["bag_contributions"] == zero["bag_contributions"]
    assert missing["training_weight"] == 0


def test_feature_without_a_value_stands_in_the_tables_and_adds_nothing(
    smooth_model: TrainedModel,
) -> None:
    rows = rows_of(smooth_model, "never_delivered")
    assert [row["contribution"] for row in rows] == [0, 0]
    assert rows[0]["training_weight"] == pytest.approx(1500)


def test_missing_that_training_has_not_seen_adds_nothing(smooth_model: TrainedModel) -> None:
    missing = rows_of(smooth_model, "logins")[0]
    assert missing["contribution"] == 0
    assert set(missing["bag_contributions"]) == {0}


def test_pairs_are_among_free_features_and_have_every_cell(pair_model: TrainedModel) -> None:
    pairs = [term for term in pair_model.summands if len(term.axes) == 2]
    assert len(pairs) == 5
    for pair in pairs:
        first, second = pair.axes
        assert not {first.feature, second.feature} & {"late_payments", "tenure_days"}
        assert len(rows_of(pair_model, pair.name)) == first.bins * second.bins
    assert "logins & topic" in {pair.name for pair in pairs}


def test_incomplete_tables_are_refused(smooth_model: TrainedModel) -> None:
    lacking = smooth_model.terms.filter(pc.not_equal(smooth_model.terms["cell_number"], 3))
    with pytest.raises(ModelError, match="lacks rows"):
        TrainedModel.from_tables(lacking, smooth_model.version)
    with pytest.raises(ModelError, match="not complete"):
        TrainedModel.from_tables(empty_terms(), smooth_model.version)
    with pytest.raises(ModelError, match="name the one to read"):
        TrainedModel.from_tables(smooth_model.terms, empty_versions())
