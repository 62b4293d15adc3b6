"""Levers of customers: only what the company can change, and what a fresh score would say of it."""

from __future__ import annotations

import json
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from claims import Claims
from harness import Workspace

from csat.daily.levers import LEAST_GAIN, MOST_LEVERS, NO_GAIN, Change, find_levers, read_changes
from csat.engine import DuckDBEngine
from csat.model import ModelError, TrainedModel, score
from csat.model.tables import VERSIONS_SCHEMA, Axis, Term

DAY = date(2026, 3, 2)
FEATURES = ("wait", "contacts", "logins", "tenure")
CLAIM = "assert_levers_start_from_the_score"
#: What the seeds say, unless a test changes it.
REGISTRY = [
    ("wait", "numeric", -1, True),
    ("contacts", "numeric", 0, True),
    ("logins", "numeric", 1, True),
    ("tenure", "numeric", 1, False),
    ("topic", "categorical", 0, True),
]
DEFINITIONS = [("answer", 3.0), ("invite", 2.0)]
CHANGES = [
    ("answer", "wait", "at_most", "60 * contacts"),
    ("invite", "logins", "at_least", "2"),
]


def stepped_model() -> TrainedModel:
    """Return a model in which waits hurt, logins help, and tenure helps most."""
    steps = {
        "wait": (60.5, -0.4),
        "contacts": (2.0, 0.1),
        "logins": (2.0, 0.3),
        "tenure": (9.0, 2.0),
    }
    summands = tuple(
        Term(
            (Axis(feature, "numeric", cuts=np.array([cut])),),
            np.array([0.0, 0.0, effect]),
            np.array([0.0, 0.0, effect]) * np.ones((2, 3)),
            np.ones(3),
        )
        for feature, (cut, effect) in steps.items()
    )
    version = {
        "model_version": "v1",
        "features": json.dumps([{"name": feature} for feature in FEATURES]),
        "interval_factor": 2.0,
        "is_fallback": False,
    }
    return TrainedModel(
        "v1",
        0.2,
        np.array([0.1, 0.3]),
        summands,
        pa.Table.from_pylist([version], schema=VERSIONS_SCHEMA),
    )


#: Waits, contacts, logins, tenure: one with both levers, with one, with none, with nothing known.
CUSTOMERS = [
    ("both", 600.0, 1.0, 0.0, 1.0),
    ("waits", 600.0, 1.0, 5.0, 1.0),
    ("settled", 0.0, 1.0, 5.0, 1.0),
    ("busy", 100.0, 4.0, 5.0, 1.0),
    ("unknown", None, None, None, None),
]


@pytest.fixture
def engine() -> DuckDBEngine:
    """An engine with a version in force, five customers and the seeds."""
    model = stepped_model()
    connection = duckdb.connect()
    for name, table in (("terms", model.terms), ("model_versions", model.version)):
        connection.register("given", table)
        connection.execute(f"create table {name} as from given")
    connection.execute(
        "create table versions as select *, true as is_champion, 'i' as reference_instrument, "
        "'relationship' as reference_survey_kind, null::varchar as response_model, "
        f"date '{DAY}' as in_force_from from model_versions; "
        f"create table dates as select date '{DAY}' as score_date; "
        "create table features (customer_id varchar, wait double, contacts double, "
        "logins double, tenure double); "
        "create table registry (feature varchar, kind varchar, direction integer, "
        "is_actionable boolean); "
        "create table definitions (lever varchar, lever_cost double); "
        "create table changes (lever varchar, feature varchar, change varchar, target varchar)"
    )
    for name, rows in (
        ("features", CUSTOMERS),
        ("registry", REGISTRY),
        ("definitions", DEFINITIONS),
        ("changes", CHANGES),
    ):
        connection.executemany(f"insert into {name} values ({', '.join('?' * len(rows[0]))})", rows)
    return DuckDBEngine(connection)


def read(engine: DuckDBEngine, told: list[str] | None = None) -> tuple[Change, ...]:
    return read_changes(
        engine,
        definitions="definitions",
        changes="changes",
        registry="registry",
        features="features",
        report=(told if told is not None else []).append,
    )


def found(engine: DuckDBEngine) -> list[dict]:
    levers = find_levers(
        engine,
        read(engine),
        features="features",
        dates="dates",
        terms="terms",
        versions="versions",
    )
    return levers.read_all().to_pylist()


def test_each_lever_and_the_best_pair_are_told_with_the_score_afterwards(
    engine: DuckDBEngine,
) -> None:
    rows = [row for row in found(engine) if row["customer_id"] == "both"]
    assert [(row["levers"], row["lever_rank"], row["lever"]) for row in rows] == [
        (1, 1, "answer"),
        (1, 2, "invite"),
        (2, 1, "answer"),
    ]
    assert rows[2]["second_lever"] == "invite"
    changed = {"answer": (60.0, 0.0), "invite": (600.0, 2.0), "both": (60.0, 2.0)}
    for row, name in zip(rows, ("answer", "invite", "both"), strict=True):
        wait, logins = changed[name]
        fresh = pa.table({"wait": [wait], "contacts": [1.0], "logins": [logins], "tenure": [1.0]})
        (afterwards,) = 100 * score(stepped_model(), fresh).probability
        assert row["csat_score"] + row["gain_points"] == pytest.approx(afterwards, abs=1e-9)
        assert row["reason"] is None


def test_a_target_is_of_the_customer_and_a_value_within_it_stays(engine: DuckDBEngine) -> None:
    """Four contacts may wait 240 seconds in all; 100 are no more than that."""
    (busy,) = (row for row in found(engine) if row["customer_id"] == "busy")
    assert (busy["levers"], busy["reason"]) == (0, NO_GAIN)


@pytest.mark.parametrize("customer", ["settled", "unknown"])
def test_a_customer_whom_no_lever_raises_has_a_row_that_says_so(
    engine: DuckDBEngine, customer: str
) -> None:
    (row,) = (row for row in found(engine) if row["customer_id"] == customer)
    assert (row["levers"], row["lever"], row["gain_points"]) == (0, None, None)
    assert row["reason"] == NO_GAIN
    assert 0 < row["csat_score"] < 100


def test_without_levers_everyone_has_a_reason(engine: DuckDBEngine) -> None:
    engine.execute("delete from changes; delete from definitions")
    rows = found(engine)
    assert len(rows) == len(CUSTOMERS)
    assert {row["reason"] for row in rows} == {NO_GAIN}


def test_a_version_that_cannot_score_today_has_no_levers(engine: DuckDBEngine) -> None:
    engine.execute("alter table features drop column tenure")
    rows = found(engine)
    assert len(rows) == len(CUSTOMERS)
    assert {row["reason"] for row in rows} == {
        "v1 reads the feature tenure, which is no longer in the registry: levers are scored by "
        "the next version."
    }


def test_a_change_of_a_feature_that_has_gone_is_passed_over_and_told(engine: DuckDBEngine) -> None:
    engine.execute("delete from registry where feature = 'logins'")
    told: list[str] = []
    assert {change.feature for change in read(engine, told)} == {"wait"}
    assert told == [
        "The lever invite changes logins, which is not in seeds/feature_definitions.csv: this "
        "change is passed over"
    ]


@pytest.mark.parametrize(
    ("mistake", "sentence"),
    [
        (
            "insert into changes values ('answer', 'tenure', 'at_least', '9')",
            "The lever answer in seeds/lever_changes.csv changes tenure, which "
            "seeds/feature_definitions.csv calls not actionable: take the change out, or call the "
            "feature actionable there.",
        ),
        (
            "insert into changes values ('answer', 'topic', 'at_most', '1')",
            "The lever answer in seeds/lever_changes.csv changes topic, which is categorical: only "
            "numbers can be brought to a target.",
        ),
        (
            "update changes set change = 'at_least' where feature = 'wait'",
            "The lever answer in seeds/lever_changes.csv changes wait at_least, which by its "
            "direction in seeds/feature_definitions.csv cannot help: write at_most.",
        ),
        (
            "update changes set change = 'to' where feature = 'wait'",
            "The lever answer in seeds/lever_changes.csv changes wait to: use one of at_most, "
            "at_least.",
        ),
        (
            "insert into changes values ('answer', 'logins', 'at_least', '2')",
            "The levers answer and invite in seeds/lever_changes.csv both change logins: leave it "
            "to one of them.",
        ),
        (
            "delete from definitions where lever = 'invite'",
            "The lever invite in seeds/lever_changes.csv has no row in "
            "seeds/lever_definitions.csv: add one with label and cost.",
        ),
        (
            "delete from changes where lever = 'invite'",
            "The lever invite in seeds/lever_definitions.csv changes nothing: add a row for each "
            "feature that it changes to seeds/lever_changes.csv.",
        ),
        (
            "update definitions set lever_cost = -1 where lever = 'invite'",
            "The lever invite in seeds/lever_definitions.csv has the cost -1.0: give money per "
            "customer, 0 or more.",
        ),
    ],
)
def test_a_mistake_stops_with_a_sentence(engine: DuckDBEngine, mistake: str, sentence: str) -> None:
    engine.execute(mistake)
    with pytest.raises(ModelError) as refused:
        read(engine)
    assert str(refused.value) == sentence


def test_a_target_that_is_no_sql_stops_with_a_sentence(engine: DuckDBEngine) -> None:
    engine.execute("update changes set target = 'no_such_feature' where lever = 'answer'")
    with pytest.raises(ModelError, match="has the target 'no_such_feature' for wait, which is no"):
        read(engine)


def test_levers_of_a_company_keep_what_cannot_be_changed(scored: Workspace) -> None:
    rows = scored.query(
        "select customer_id, max(lever_rank) as levers, min(gain_points) as least, "
        "count(*) filter (where reason is not null) as reasons, count(*) as rows "
        "from marts.fct_customer_levers group by customer_id"
    )
    assert len(rows) == scored.values("select count(*) from marts.fct_customer_csat_current")[0]
    assert all(row["levers"] <= MOST_LEVERS for row in rows)
    assert all(row["reasons"] == 0 or row["rows"] == 1 for row in rows)
    assert min(row["least"] for row in rows if row["least"] is not None) >= LEAST_GAIN
    assert scored.values(
        "select count(*) from staging.lever_changes inner join staging.feature_definitions "
        "using (feature) where not is_actionable"
    ) == [0]


def test_a_gain_over_another_score_is_found(claims: Claims) -> None:
    assert claims.rows_against(CLAIM) == 0
    planted = "update marts.fct_customer_levers set csat_score = csat_score + 0.01"
    assert claims.rows_against(CLAIM, after=planted)
