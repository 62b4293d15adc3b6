"""What contacting a customer would bring: causes, gaps of answers, and how likely it helps."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import norm

from csat.daily.interventions import (
    GAINS_SCHEMA,
    Intervention,
    causes_of,
    expect_gains,
    probability_above_zero,
    read_interventions,
    shrink_gaps,
)
from csat.engine import DuckDBEngine
from csat.model import ModelError


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    """Return an engine with a registry of two interventions, and features of four customers."""
    with duckdb.connect() as connection:
        connection.execute(
            "create table levers as select * from (values ('settle', 'p'), ('spare', null)) "
            "as levers(lever, program_id);"
            "create table definitions as select * from (values "
            "('call', 'open_contacts > 0', 'settle', 8.0), ('credit', 'hours >= 4', null, 10.0)) "
            "as definitions(intervention, cause, lever, intervention_cost);"
            "create table features as select * from (values ('a', 1, 0.0), ('b', 0, 5.0), "
            "('c', 2, 4.0), ('d', null, null)) as features(customer_id, open_contacts, hours)"
        )
        yield DuckDBEngine(connection)


def read(engine: DuckDBEngine) -> tuple[Intervention, ...]:
    return read_interventions(
        engine, definitions="definitions", levers="levers", features="features"
    )


def test_customers_are_those_who_have_the_cause_and_unknown_is_no_cause(engine):
    query = causes_of(read(engine), keys=["customer_id"], rows="features", only_with_cause=True)
    rows = engine.collect(query).to_pylist()
    found = sorted((row["customer_id"], row["intervention"]) for row in rows)
    assert found == [("a", "call"), ("b", "credit"), ("c", "call"), ("c", "credit")]
    query = causes_of(read(engine), keys=["customer_id"], rows="features", only_with_cause=False)
    assert len(engine.collect(query)) == 8


def test_without_interventions_there_are_no_causes_and_no_gains(engine):
    engine.execute("delete from definitions")
    query = causes_of(read(engine), keys=["customer_id"], rows="features", only_with_cause=True)
    assert engine.collect(query).column_names == ["customer_id", "intervention", "has_cause"]
    assert len(engine.collect(query)) == 0


@pytest.mark.parametrize(
    ("mistake", "sentence"),
    [
        ("set cause = 'opened > 0' where intervention = 'call'", "'opened > 0', which is no SQL"),
        ("set lever = 'hope' where intervention = 'call'", "lever hope, which is not in seeds/"),
        ("set intervention_cost = -1 where intervention = 'call'", "cost -1.0: give money"),
        ("set intervention_cost = null where intervention = 'call'", "cost None: give money"),
    ],
)
def test_a_mistake_in_the_registry_is_one_sentence_that_names_the_row(engine, mistake, sentence):
    engine.execute(f"update definitions {mistake}")
    with pytest.raises(ModelError, match=sentence) as raised:
        read(engine)
    assert str(raised.value).startswith("The intervention call in seeds/")


def put(engine: DuckDBEngine, name: str, **columns: object) -> None:
    table = pa.table({key: pa.array(values) for key, values in columns.items()})
    engine.connection.register("arriving", table)
    engine.execute(f"create or replace table {name} as select * from arriving")
    engine.connection.unregister("arriving")


def put_answers(engine: DuckDBEngine, seed: int, customers: int = 400) -> None:
    """Answers as promised at 70, but 30 points below with the cause of call, 0 with credit's."""
    random = np.random.default_rng(seed)
    count = 2 * customers
    names = np.array([f"r{number}" for number in range(count)])
    has_call, has_credit = (random.random((2, count)) < 0.3).astype(bool)
    put(
        engine,
        "causes",
        response_id=np.tile(names, 2),
        intervention=np.repeat(["call", "credit"], count),
        has_cause=np.concatenate([has_call, has_credit]),
    )
    put(
        engine,
        "residuals",
        response_id=names,
        customer_id=[f"c{number // 2}" for number in range(count)],
        is_satisfied=random.random(count) < 0.7 - 0.3 * has_call,
        probability=np.full(count, 0.7),
    )
    put(engine, "people", customer_id=["c1", "c2"], intervention=["call", "call"])
    put(engine, "gains", customer_id=["c1"], lever=["settle"], gain_points=[2.0])
    put(engine, "names", program_id=["p"], program_name=["Calls"])
    put(
        engine,
        "effects",
        program_id=["p"],
        verdict=["cannot be told"],
        effect_points=[6.0],
        effect_points_lower=[2.0],
        effect_points_upper=[10.0],
    )


def expected(engine: DuckDBEngine) -> dict[str, dict]:
    table = expect_gains(
        engine,
        interventions=read(engine),
        causes="causes",
        residuals="residuals",
        customers="people",
        levers="gains",
        lever_definitions="levers",
        effects="effects",
        programs="names",
    )
    assert table.schema == GAINS_SCHEMA
    return {row["intervention"]: row for row in table.to_pylist()}


def test_gaps_and_their_standard_errors_hold_the_truth(engine):
    """Over 100 draws the mean gap is the true one, and its 95 % interval holds it as often."""
    estimates, held = [], []
    for seed in range(100):
        put_answers(engine, seed)
        found = expected(engine)
        for name, truth in (("call", 30.0), ("credit", 0.0)):
            gap, error = found[name]["gap_points"], found[name]["gap_std_error"]
            estimates.append(gap - truth)
            held.append(abs(gap - truth) <= 1.96 * error)
    assert abs(np.mean(estimates)) < 1.0
    assert 0.90 <= np.mean(held) <= 0.99


def test_the_order_of_rows_changes_nothing_to_the_last_bit(engine):
    """A run that was killed leaves its rows in another order than one that was not."""
    put_answers(engine, 1)
    random = np.random.default_rng(1)
    names = [f"c{number}" for number in range(400)]
    put(engine, "people", customer_id=names, intervention=["call"] * len(names))
    put(engine, "gains", customer_id=names, lever=["settle"] * 400, gain_points=random.random(400))
    engine.execute("update residuals set probability = 0.5 + random() / 3")
    found = expected(engine)
    for table in ("causes", "residuals", "people", "gains"):
        engine.execute(
            f"create or replace table {table} as from {table} order by md5({table}::text)"
        )
    assert expected(engine) == found


def test_several_answers_of_one_customer_are_not_several_customers(engine):
    put_answers(engine, 1)
    once = expected(engine)["call"]
    # Everyone answers four times over, always the same: nothing more is known.
    for table in ("causes", "residuals"):
        parts = " union all ".join(
            f"select response_id || '-{copy}' as response_id, * exclude (response_id) from {table}"
            for copy in range(4)
        )
        engine.execute(f"create or replace table {table} as {parts}")
    again = expected(engine)["call"]
    assert again["gap_points"] == pytest.approx(once["gap_points"])
    assert again["gap_std_error"] == pytest.approx(once["gap_std_error"], rel=1e-9)
    assert again["answers"] == 4 * once["answers"]
    assert again["answering_customers"] == once["answering_customers"]


def test_a_program_counts_only_where_it_is_measured_to_raise(engine):
    put_answers(engine, 1)
    found = expected(engine)["call"]
    assert found["program_id"] is None
    # The lever adds 2 points to one of two customers: 1 on average.
    total = found["expected_gap_points"] + 1.0
    assert found["probability_helps"] == pytest.approx(
        norm.cdf(total / found["expected_gap_std_error"])
    )
    engine.execute("update effects set verdict = 'raises'")
    found = expected(engine)
    assert (found["call"]["program_id"], found["call"]["program_points"]) == ("p", 6.0)
    assert found["call"]["probability_helps"] == pytest.approx(norm.cdf(6.0 / (4.0 / 1.959964)))
    assert found["credit"]["program_id"] is None


def test_a_cause_that_nobody_has_answered_about_is_even_odds(engine):
    put_answers(engine, 1)
    engine.execute("update causes set has_cause = false where intervention = 'credit'")
    found = expected(engine)["credit"]
    assert (found["gap_points"], found["probability_helps"]) == (None, 0.5)
    engine.execute("delete from causes")
    assert {row["probability_helps"] for row in expected(engine).values()} == {0.5}


def test_gaps_are_drawn_to_each_other_as_far_as_they_differ_by_chance():
    gap, error = np.array([30.0, 10.0, 8.0, 12.0, np.nan]), np.array([20.0, 2.0, 2.0, 2.0, np.nan])
    found = shrink_gaps(gap, error)
    assert 10 < found.expected[0] < 20, "the most uncertain one moves most"
    np.testing.assert_allclose(found.expected[1:4], gap[1:4], atol=1.5)
    assert np.all(found.expected_std_error[:4] < error[:4])
    # Nothing is known of the last: expected like the others, and less sure than any of them.
    assert found.expected[4] == pytest.approx(10.0, abs=1.5)
    assert found.expected_std_error[4] > found.expected_std_error[1:4].max()


def test_two_gaps_are_not_drawn_to_each_other():
    found = shrink_gaps(np.array([30.0, np.nan, 10.0]), np.array([5.0, np.nan, 5.0]))
    np.testing.assert_array_equal(found.expected, [30.0, np.nan, 10.0])


def test_the_probability_of_helping():
    assert probability_above_zero(0.0, 1.0) == 0.5
    assert probability_above_zero(1.959964, 1.0) == pytest.approx(0.975)
    assert probability_above_zero(float("nan"), 1.0) == 0.5
