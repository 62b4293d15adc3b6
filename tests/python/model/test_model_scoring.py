"""Scores are sums, to the last digit alike in numpy, SQL and the fitted machine."""

from __future__ import annotations

from itertools import permutations

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from worlds import DRIVERS, FEATURES, SETTINGS, answers_of, features_of

from csat.model import (
    DECIMALS_OF_LOGITS,
    ModelError,
    Scores,
    TrainedModel,
    bag_contrasts,
    grouped,
    score,
    score_batches,
    scoring_sql,
)
from csat.model.boosting import _boost, _inputs, bag_logits_of, fit, logits_of, without_pairs
from csat.model.logistic import sigmoid
from csat.model.training import _examples

INFINITY = float("inf")


def odd_rows() -> pa.Table:
    """Every value that is not ordinary, in every column, beside ordinary ones."""
    n = 60
    rows = {name: column.to_pylist() for name, column in _ordinary(n).items()}
    odd = [None, float("nan"), INFINITY, -INFINITY, 1e300, -1e300, 0.0, -0.0, 5e-324]
    for start, name in ((0, "wait_seconds"), (9, "logins")):
        rows[name][start : start + len(odd)] = odd
    rows["late_payments"][18:22] = [None, 10**9, -5, 0]
    rows["tenure_days"][22:25] = [None, -(10**12), 10**12]
    rows["topic"][25:31] = [None, "never seen", "rare", "", "nan", 'it\'s "off"']
    rows["has_autopay"][31] = None
    rows["never_delivered"][32:34] = [1.0, float("nan")]
    for name in rows:
        rows[name][34] = None
    schema = features_of(np.random.default_rng(0), 1).schema.set(
        2, pa.field("logins", pa.float64())
    )
    table = pa.table({name: rows[name] for name in schema.names}, schema=schema)
    return table.append_column("customer_id", pa.array(range(n)))


def _ordinary(n: int) -> dict[str, pa.ChunkedArray]:
    table = features_of(np.random.default_rng(5), n)
    return {name: table[name] for name in table.column_names}


def in_sql(query: str, table: pa.Table) -> pa.Table:
    connection = duckdb.connect()
    connection.register("features", table)
    # Parameters and order are the connection's own: one thread keeps the rows in theirs.
    connection.execute("set threads = 1")
    return connection.execute(query).to_arrow_table()


def assert_sql_is_numpy(found: pa.Table, expected: Scores) -> None:
    for name, values in (
        ("logit", expected.logit),
        ("probability", expected.probability),
        ("probability_lower", expected.lower),
        ("probability_upper", expected.upper),
    ):
        np.testing.assert_allclose(found[name].to_numpy(), values, rtol=0, atol=1e-9)
    for place, term in enumerate(expected.terms):
        column = "contribution_" + term.replace(" & ", "__")
        np.testing.assert_array_equal(found[column].to_numpy(), expected.contributions[:, place])


@pytest.mark.parametrize("name", ["smooth_model", "pair_model"])
def test_contributions_add_up_to_the_logit(name: str, request: pytest.FixtureRequest) -> None:
    model = request.getfixturevalue(name)
    for table in (odd_rows(), features_of(np.random.default_rng(9), 3000)):
        scores = score(model, table)
        total = model.intercept + scores.contributions.sum(axis=1)
        np.testing.assert_allclose(scores.logit, total, rtol=0, atol=1e-9)
        _, of_drivers = grouped(model, scores, DRIVERS)
        total = model.intercept + of_drivers.sum(axis=1)
        np.testing.assert_allclose(scores.logit, total, rtol=0, atol=1e-9)
        np.testing.assert_allclose(scores.probability, sigmoid(scores.logit), atol=1e-15)
        assert (scores.lower <= scores.probability).all()
        assert (scores.probability <= scores.upper).all()


def assert_are_decimals(values: np.ndarray) -> None:
    """Check that each is the very double that its decimal reads as."""
    written = [f"{value:.{DECIMALS_OF_LOGITS}f}" for value in np.ravel(values)]
    assert [float(text) for text in written] == np.ravel(values).tolist()


@pytest.mark.parametrize("name", ["smooth_model", "pair_model"])
def test_contributions_are_decimals_and_so_are_halves_of_pairs(
    name: str, request: pytest.FixtureRequest
) -> None:
    model = request.getfixturevalue(name)
    assert_are_decimals(np.array(model.intercept))
    for term in model.summands:
        assert_are_decimals(term.contributions / len(term.axes))
        assert term.rounded().contributions.tolist() == term.contributions.tolist()
    scores = score(model, odd_rows())
    assert_are_decimals(grouped(model, scores, DRIVERS)[1])
    assert_are_decimals(model.held_at({"late_payments": 2, "tenure_days": 9}).intercept)


@pytest.mark.parametrize("name", ["smooth_model", "pair_model"])
def test_the_logit_is_the_double_of_the_sum_of_decimals_in_any_order(
    name: str, request: pytest.FixtureRequest
) -> None:
    model = request.getfixturevalue(name)
    table = answers_of("interaction", 3000, 7)[0]
    expected = score(model, table).logit
    found = in_sql(scoring_sql(model, "features", [], groups=DRIVERS), table)
    columns = [column for column in found.column_names if column.startswith("contribution_")]
    for order in list(permutations(["intercept", *columns]))[::1000]:
        total = " + ".join(f"cast({column} as decimal(9, 6))" for column in order)
        summed = in_sql(f"select cast({total} as double) as logit from features", found)
        assert summed["logit"].to_numpy().tobytes() == expected.tobytes()
    assert found["logit"].to_numpy().tobytes() == expected.tobytes()


def test_rounding_moves_no_probability_by_more_than_it_may() -> None:
    rows = _examples(answers_of("interaction", 1500, 3)[0], FEATURES)
    fitted = fit(rows, FEATURES, SETTINGS, 1, 4, 1)
    before, after = logits_of(fitted, rows.values), logits_of(fitted.rounded(), rows.values)
    # Half a millionth for the intercept and each term, and for a pair for each of its halves.
    summands = 1 + sum(len(term.axes) for term in fitted.summands)
    moved = np.abs(sigmoid(after) - sigmoid(before))
    assert 0 < moved.max() <= summands * 0.5e-6 / 4
    # The bags are for intervals and stay; so does everything where there is nothing to round.
    np.testing.assert_array_equal(
        bag_logits_of(fitted.rounded(), rows.values), bag_logits_of(fitted, rows.values)
    )
    np.testing.assert_array_equal(logits_of(fitted.rounded().rounded(), rows.values), after)


@pytest.mark.parametrize("name", ["smooth_model", "pair_model"])
def test_sql_is_numpy(name: str, request: pytest.FixtureRequest) -> None:
    model = request.getfixturevalue(name)
    for table in (odd_rows(), answers_of("smooth", 3000, 7)[0]):
        found = in_sql(scoring_sql(model, "features", ["customer_id"]), table)
        assert_sql_is_numpy(found, score(model, table))
        assert found["customer_id"].to_pylist() == table["customer_id"].to_pylist()
        assert set(found["intercept"].to_pylist()) == {model.intercept}


def test_batches_are_sql(pair_model: TrainedModel) -> None:
    table = answers_of("smooth", 3000, 7)[0]
    query = scoring_sql(pair_model, "(select * from features)", ["customer_id"])
    found = in_sql(query, table)
    streamed = score_batches(pair_model, table.to_batches(max_chunksize=700), ["customer_id"])
    rows = streamed.read_all()
    assert rows.schema == found.schema
    for column in rows.column_names[1:]:
        np.testing.assert_allclose(rows[column].to_numpy(), found[column].to_numpy(), atol=1e-9)
    assert score_batches(pair_model, [], []).read_all().num_rows == 0


def test_one_column_per_driver_splits_pairs(pair_model: TrainedModel) -> None:
    table = odd_rows()
    scores = score(pair_model, table)
    names, of_drivers = grouped(pair_model, scores, DRIVERS)
    assert names[:2] == ("late_payments", "contacts")
    assert len(names) == len(FEATURES) - 1
    own = {
        term.name: place
        for place, term in enumerate(pair_model.summands)
        if {axis.feature for axis in term.axes} <= {"wait_seconds", "topic"}
    }
    halves = [
        place
        for place, term in enumerate(pair_model.summands)
        if len({axis.feature for axis in term.axes} & {"wait_seconds", "topic"}) == 1
        and len(term.axes) == 2
    ]
    expected = scores.contributions[:, list(own.values())].sum(axis=1)
    expected += scores.contributions[:, halves].sum(axis=1) / 2
    np.testing.assert_allclose(of_drivers[:, 1], expected, rtol=0, atol=1e-12)
    found = in_sql(scoring_sql(pair_model, "features", [], groups=DRIVERS), table)
    batches = score_batches(pair_model, table.to_batches(), [], groups=DRIVERS).read_all()
    assert batches.schema == found.schema
    for place, name in enumerate(names):
        for rows in (found, batches):
            values = rows[f"contribution_{name}"].to_numpy()
            np.testing.assert_allclose(values, of_drivers[:, place], rtol=0, atol=1e-12)
    with pytest.raises(ModelError, match="has no group"):
        scoring_sql(pair_model, "features", [], groups={"topic": "contacts"})


def test_odd_values_fall_where_the_tables_say(smooth_model: TrainedModel) -> None:
    scores = score(smooth_model, odd_rows())
    terms = smooth_model.terms.to_pylist()

    def cells(term: str) -> list[dict]:
        return [row for row in terms if row["term"] == term]

    def of(term: str, row: int) -> float:
        return scores.contributions[row, scores.terms.index(term)]

    wait, topic = cells("wait_seconds"), cells("topic")
    for row, cell in ((0, 0), (1, 0), (2, -1), (3, 1), (4, -1), (5, 1), (6, 1), (7, 1), (8, 1)):
        assert of("wait_seconds", row) == wait[cell]["contribution"]
    unknown = topic[-1]["contribution"]
    assert of("topic", 25) == topic[0]["contribution"]
    assert of("topic", 26) == of("topic", 27) == unknown
    assert of("topic", 28) == topic[1]["contribution"]
    assert of("tenure_days", 23) == cells("tenure_days")[1]["contribution"]
    assert of("tenure_days", 24) == cells("tenure_days")[-1]["contribution"]
    assert scores.contributions[34].tolist() == [
        cells(term)[0]["contribution"] for term in scores.terms
    ]


@pytest.mark.parametrize("pairs", [0, 4])
def test_terms_are_the_fitted_machine(pairs: int) -> None:
    rows = _examples(answers_of("interaction", 1500, 3)[0], FEATURES)
    used = [feature for feature in FEATURES if feature.name != "never_delivered"]
    machine, encoded = _boost(rows, used, SETTINGS, 1, pairs, 1)
    fitted = fit(rows, FEATURES, SETTINGS, 1, pairs, 1)
    # Missing values of logins were never seen in training: ours add 0 there, by definition.
    table = odd_rows().set_column(2, "logins", pa.array(np.linspace(-5, 60, 60)))
    table = table.set_column(3, "tenure_days", pa.array(range(60)))
    table = table.set_column(4, "has_autopay", pa.array([1.0, 0.0] * 30))
    late = table["late_payments"].fill_null(0)
    table = table.set_column(0, "late_payments", late)
    values = table.select([feature.name for feature in FEATURES])
    expected = machine.decision_function(_inputs(values, used, encoded))
    np.testing.assert_allclose(logits_of(fitted, values), expected, rtol=0, atol=1e-9)


def test_fit_without_pairs_is_a_part_of_the_fit_with_them() -> None:
    rows = _examples(answers_of("interaction", 1500, 3)[0], FEATURES)
    alone = fit(rows, FEATURES, SETTINGS, 1, 0, 1)
    found = without_pairs(fit(rows, FEATURES, SETTINGS, 1, 5, 1), rows)
    np.testing.assert_allclose(
        logits_of(found, rows.values), logits_of(alone, rows.values), rtol=0, atol=1e-9
    )


def test_calibration_is_folded_into_intercept_and_terms(smooth_model: TrainedModel) -> None:
    examples = answers_of("smooth", 1500, 1, customers=900)[0]
    (version,) = smooth_model.version.to_pylist()
    rows = _examples(examples, FEATURES)
    raw = logits_of(fit(rows, FEATURES, SETTINGS, 1, version["pairs"], 1), rows.values)
    expected = version["calibration_intercept"] + version["calibration_slope"] * raw
    logit = score(smooth_model, rows.values).logit
    # Rounding moves the intercept and each term by up to half a millionth.
    np.testing.assert_allclose(logit, expected, atol=0.5e-6 * (1 + len(smooth_model.summands)))


@pytest.mark.parametrize(
    "fixed",
    [
        {"topic": "billing", "wait_seconds": None, "logins": 3},
        {"topic": "never seen", "never_delivered": 7},
        {"topic": None, "logins": float("nan")},
        {"late_payments": 2, "not of this model": "x"},
    ],
)
def test_holding_features_is_scoring_rows_with_their_values(
    fixed: dict[str, object], smooth_model: TrainedModel
) -> None:
    table = odd_rows()
    everyone = table
    for name in fixed.keys() & set(table.column_names):
        place = table.column_names.index(name)
        everyone = everyone.set_column(place, name, pa.array([fixed[name]] * table.num_rows))
    held = smooth_model.held_at(fixed)
    expected = score(smooth_model, everyone)
    without = table.drop_columns([name for name in fixed if name in table.column_names])
    found = score(held, without)
    for name in ("logit", "probability", "lower", "upper", "bag_logits"):
        np.testing.assert_allclose(
            getattr(found, name), getattr(expected, name), rtol=0, atol=1e-12
        )
    total = held.intercept + found.contributions.sum(axis=1)
    np.testing.assert_allclose(total, expected.logit, rtol=0, atol=1e-12)
    assert_sql_is_numpy(in_sql(scoring_sql(held, "features", []), without), found)
    assert not set(held.features) & set(fixed)
    groups, _ = grouped(held, found, {name: name for name in held.features})
    assert set(groups) == set(held.features)
    again = TrainedModel.from_tables(held.terms, held.version)
    np.testing.assert_array_equal(score(again, without).upper, found.upper)


def test_part_of_a_pair_is_not_held(pair_model: TrainedModel) -> None:
    with pytest.raises(ModelError, match=r"part of the pair .*topic.* cannot be held: train with"):
        pair_model.held_at({"topic": "billing"})


def test_column_of_a_feature_is_needed_unless_it_is_held(smooth_model: TrainedModel) -> None:
    without = odd_rows().drop_columns(["logins"])
    with pytest.raises(ModelError, match="no column logins"):
        score(smooth_model, without)
    assert len(score(smooth_model.held_at({"logins": 1}), without).logit) == without.num_rows


def test_text_where_numbers_belong_is_refused(smooth_model: TrainedModel) -> None:
    table = odd_rows().drop_columns(["logins"]).append_column("logins", pa.array(["x"] * 60))
    with pytest.raises(ModelError, match="Column logins"):
        score(smooth_model, table)


def test_a_row_by_itself_has_the_bits_it_has_among_others(pair_model: TrainedModel) -> None:
    rows = features_of(np.random.default_rng(3), 500)
    together = bag_contrasts(score(pair_model, rows))
    alone = [bag_contrasts(score(pair_model, rows.slice(place, 1))) for place in range(500)]
    assert np.array_equal(np.concatenate(alone), together)


def test_no_rows_have_no_scores(smooth_model: TrainedModel) -> None:
    assert len(score(smooth_model, odd_rows().slice(0, 0)).logit) == 0


def test_spark_gets_its_own_quotes_lists_and_elements(pair_model: TrainedModel) -> None:
    query = scoring_sql(pair_model, "features", ["customer_id"], dialect="spark")
    assert '"' not in query.replace("it''s \"off\"", "")
    assert "try_element_at(array(" in query
    assert "`contribution_wait_seconds`" in query
