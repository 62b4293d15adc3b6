"""Days whose version reads a feature that is gone stay as they are, or stop the run."""

from __future__ import annotations

import json
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from csat.daily import Registry, batches_of_due_dates, score_due_dates, score_last_day
from csat.daily.scoring import DAYS_TOGETHER, chunks_of
from csat.engine import DuckDBEngine
from csat.model import FeatureDefinition, ModelError, TrainedModel
from csat.model.tables import VERSIONS_SCHEMA, Axis, Term

OLD_DAY, NEW_DAY = date(2026, 3, 1), date(2026, 3, 2)
REGISTRY = Registry(
    features=(FeatureDefinition("wait"), FeatureDefinition("logins")),
    drivers={"wait": "waiting", "logins": "use"},
    families={"wait": "contact", "logins": "engagement"},
    sources={"wait": "contacts", "logins": "visits"},
    counting_days=frozenset(),
)
#: What lasts a day each, and nothing of whoever has no row.
LASTING = """(
    select
        'contacts' as source, 'customer_id' as told_by, features.customer_id, features.region,
        batch, as_of_at, as_of_at + interval 1 day as until_at, features.wait
    from features
    inner join batches on as_of_at = score_date + interval 1 day
    union all
    select
        'contacts', 'nobody', null, null, batch, min(score_date) + interval 1 day,
        timestamp '9999-12-31', null
    from batches
    group by batch
)"""


def model(name: str, **effects: float) -> TrainedModel:
    """Return a model with a step of each feature at 0."""
    summands = tuple(
        Term(
            (Axis(feature, "numeric", cuts=np.array([0.0])),),
            np.array([0, -effect, effect]),
            np.array([0, -effect, effect]) * np.ones((4, 3)),
            np.ones(3),
        )
        for feature, effect in effects.items()
    )
    version = {
        "model_version": name,
        "features": json.dumps([{"name": feature} for feature in effects]),
        "interval_factor": 2.0,
        "is_fallback": False,
    }
    return TrainedModel(
        name,
        0.5,
        np.array([0.4, 0.6, 0.4, 0.6]),
        summands,
        pa.Table.from_pylist([version], schema=VERSIONS_SCHEMA),
    )


def engine_with(old: TrainedModel, new: TrainedModel) -> DuckDBEngine:
    """Return an engine with a version for each of two days, both of which are due."""
    connection = duckdb.connect()
    for name, tables in (
        ("terms", [old.terms, new.terms]),
        ("model_versions", [old.version, new.version]),
    ):
        connection.register("given", pa.concat_tables(tables))
        connection.execute(f"create table {name} as from given")
    connection.execute(
        "create table versions as select *, true as is_champion, 'i' as reference_instrument, "
        "'relationship' as reference_survey_kind, null::varchar as response_model, "
        f"case when model_version = '{old.model_version}' then date '{OLD_DAY}' "
        f"else date '{NEW_DAY}' end as in_force_from from model_versions; "
        "create table features as select 'C' || customer as customer_id, 'R' as region, "
        "day + interval 1 day as as_of_at, customer - 2.5 as wait "
        f"from range(5) as customers (customer), (values (timestamp '{OLD_DAY}'), "
        f"(timestamp '{NEW_DAY}')) as days (day); "
        "create table dates as select unnest(generate_series("
        f"date '{OLD_DAY}', date '{NEW_DAY}', interval 1 day))::date as score_date, true as is_due"
    )
    return DuckDBEngine(connection)


@pytest.fixture
def engine() -> DuckDBEngine:
    """An engine whose old version reads logins, which no column has any more."""
    return engine_with(model("old", wait=0.5, logins=1.0), model("new", wait=0.7))


def score_due(
    engine: DuckDBEngine, recorded_from: str = "cast(null as timestamp)"
) -> tuple[list[dict], list[str]]:
    """Score what is due; return the rows, and what was reported."""
    told: list[str] = []
    relations = {
        "customers": "(select distinct customer_id from features)",
        "terms": "terms",
        "versions": "versions",
    }
    reads = {"features": "features", "dates": "dates", "history": "history", **relations}
    batches = batches_of_due_dates(
        engine,
        report=told.append,
        **reads,
    )
    engine.connection.register("given", batches)
    engine.execute("create table batches as from given")
    scores = score_due_dates(
        engine,
        REGISTRY,
        features="features",
        lasting_features=LASTING,
        window_starts=f"(select 'wait' as feature, {recorded_from} as recorded_from)",
        moments="features",
        batches="batches",
        report=told.append,
        **relations,
    )
    return scores.read_all().to_pylist(), told


def drivers_of(engine: DuckDBEngine, day: date) -> pa.Table:
    """Return what drives the scores of a day as the last one."""
    found = score_last_day(
        engine,
        REGISTRY,
        features=f"(from features where as_of_at = date '{day + timedelta(days=1)}')",
        dates=f"(select date '{day}' as score_date)",
        terms="terms",
        versions="versions",
        earlier="kept_drivers",
    )
    return pa.table(found)


def keep_day(engine: DuckDBEngine, day: date) -> None:
    """Write a day into the history, as an earlier run has left it."""
    engine.execute(
        f"create table history as select 'C1' as customer_id, date '{day}' as score_date"
    )


def test_a_day_scored_before_is_left_out_and_told(engine: DuckDBEngine) -> None:
    keep_day(engine, OLD_DAY)
    rows, (told, *_) = score_due(engine)
    assert {(row["score_date"], row["model_version"]) for row in rows} == {(NEW_DAY, "new")}
    assert len(rows) == 5
    assert told.startswith(f"{OLD_DAY} to {OLD_DAY} stay as scored before")


@pytest.mark.parametrize(
    ("recorded_from", "unknown_days"),
    [
        (f"timestamp '{NEW_DAY}'", []),
        (f"timestamp '{NEW_DAY}' + interval 1 day", [OLD_DAY]),
        (f"timestamp '{NEW_DAY}' + interval 2 day", [OLD_DAY, NEW_DAY]),
        ("timestamp '9999-12-31' + interval 365 day", [OLD_DAY, NEW_DAY]),
    ],
)
def test_days_of_two_versions_and_on_both_sides_of_the_start_of_a_window_are_one_batch(
    recorded_from: str, unknown_days: list[date]
) -> None:
    engine = engine_with(model("first", wait=0.5), model("second", wait=0.7))
    rows, (*_, told) = score_due(engine, recorded_from)
    assert told.startswith(f"Scored {OLD_DAY} to {NEW_DAY}, part 1 of 1: 10 customer-days")
    found = [
        (row["score_date"], row["model_version"], abs(row["contribution_contact"])) for row in rows
    ]
    # The bin of what is missing contributes nothing.
    assert found == [
        (day, version, 0.0 if day in unknown_days else effect)
        for day, version, effect in ((OLD_DAY, "first", 0.5), (NEW_DAY, "second", 0.7))
        for _ in range(5)
    ]


def test_a_batch_has_no_gap_and_not_too_many_days() -> None:
    days = [OLD_DAY + timedelta(days=k) for k in range(DAYS_TOGETHER + 5)]
    whole, rest = days[:DAYS_TOGETHER], days[DAYS_TOGETHER:]
    assert chunks_of(days, customers=10**6) == [whole, rest]
    assert chunks_of(days[::-1], customers=1) == [days]
    assert chunks_of(days[:2] + days[3:5], customers=1) == [days[:2], days[3:5]]


@pytest.mark.parametrize("other_day", [None, NEW_DAY])
def test_a_day_never_scored_stops_the_run(engine: DuckDBEngine, other_day: date | None) -> None:
    if other_day:
        keep_day(engine, other_day)
    with pytest.raises(ModelError, match=f"old, in force on {OLD_DAY}, reads the feature logins"):
        score_due(engine)


def test_a_feature_without_any_effect_is_no_loss() -> None:
    engine = engine_with(model("old", wait=0.5, logins=0.0), model("new", wait=0.7))
    rows, _ = score_due(engine)
    assert [row["score_date"] for row in rows] == [OLD_DAY] * 5 + [NEW_DAY] * 5
    assert {row["contribution_contact"] for row in rows[:5]} == {-0.5, 0.5}
    fewer = engine_with(model("old", wait=0.5), model("new", wait=0.7))
    assert score_due(fewer)[0] == rows
    assert drivers_of(engine, OLD_DAY) == drivers_of(fewer, OLD_DAY)


def test_drivers_of_a_day_that_stays_are_those_of_before(engine: DuckDBEngine) -> None:
    with pytest.raises(ModelError, match=f"old, in force on {OLD_DAY}, reads the feature logins"):
        drivers_of(engine, OLD_DAY)
    of_new = drivers_of(engine, NEW_DAY)
    assert of_new["driver_waiting"].to_pylist() == of_new["contribution_contact"].to_pylist()
    engine.connection.register("given", of_new)
    engine.execute("create table kept_drivers as from given")
    with pytest.raises(ModelError, match="has not been scored yet"):
        drivers_of(engine, OLD_DAY)
    engine.execute(f"update kept_drivers set score_date = date '{OLD_DAY}'")
    engine.execute("alter table kept_drivers rename driver_waiting to driver_that_is_gone")
    kept = drivers_of(engine, OLD_DAY)
    assert (
        kept.sort_by("customer_id").to_pylist()
        == engine.collect("from kept_drivers order by customer_id").to_pylist()
    )
    assert len(kept) == 5
