"""Spark as the engine of Python models gives what DuckDB gives; skipped where Spark is missing."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from csat.engine import DuckDBEngine, Engine, EngineError, engine_of

EVENTS = (
    "(select 'C' || (n % 7) as customer_id, n as number, "
    "timestamp '2026-03-01 12:00:00' + n * interval 1 minute as occurred_at "
    "from (select unnest(generate_series(1, 1000)) as n) as numbers)"
)
#: A column of each type that the library reads.
EACH_TYPE = (
    "select 'text' as a_text, cast(1 as bigint) as an_integer, 1.5e0 as a_number, true as a_flag, "
    "date '2026-03-01' as a_day, timestamp '2026-03-01 12:00:00.5' as a_moment, "
    "cast(null as varchar) as nothing, count(*) as counted, "
    "date_diff('day', date '2026-01-01', date '2026-03-01') as days "
)


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Start Spark in this process, with a worker of this Python."""
    pytest.importorskip("pyspark", reason="pyspark is not installed: it is the extra `spark`")
    if shutil.which("java") is None:
        pytest.skip("java is not on the PATH: apt-get install openjdk-17-jre-headless")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    from csat.spark.session import SETTINGS, SparkSession

    builder = SparkSession.builder.master("local[2]").appName("csat tests")
    folder = tmp_path_factory.mktemp("spark")
    own = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "3",
        "spark.sql.warehouse.dir": str(folder),
        "spark.sql.catalogImplementation": "in-memory",
    }
    for name, value in {**SETTINGS, **own}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield engine_of(session)
    session.stop()


@pytest.fixture(scope="module")
def on_duckdb() -> DuckDBEngine:
    return DuckDBEngine(duckdb.connect())


def rows_of(returned: object) -> list[dict]:
    """Return the rows of what a Python model may return, in any order of rows."""
    table = returned.toArrow() if hasattr(returned, "toArrow") else pa.table(returned)
    return sorted(table.to_pylist(), key=str)


def test_duckdb_asks_for_no_spark() -> None:
    said = subprocess.run(
        [
            *(sys.executable, "-c"),
            "import duckdb, sys; from csat.engine import engine_of; "
            "print(type(engine_of(duckdb.connect())).__name__, 'pyspark' in sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.split() == ["DuckDBEngine", "False"]


def test_rows_have_the_types_of_duckdb(spark: Engine, on_duckdb: DuckDBEngine) -> None:
    found, expected = spark.collect(EACH_TYPE), on_duckdb.collect(EACH_TYPE)
    assert found.to_pylist() == expected.to_pylist()
    assert found.schema == expected.schema


def test_a_stream_has_all_rows_in_order_in_batches(spark: Engine) -> None:
    batches = list(spark.stream(f"select number from {EVENTS} as events order by number"))
    assert pa.Table.from_batches(batches)["number"].to_pylist() == list(range(1, 1001))


def test_what_batches_are_mapped_to_is_the_same(spark: Engine, on_duckdb: DuckDBEngine) -> None:
    schema = pa.schema([("customer_id", pa.string()), ("day", pa.date32()), ("place", pa.int64())])

    def numbered(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Number each customer's events, which only works where they come together in order."""
        seen: dict[str, list[dt.datetime]] = {}
        for batch in batches:
            for row in batch.to_pylist():
                before = seen.setdefault(row["customer_id"], [])
                assert not before or before[-1] < row["occurred_at"]
                before.append(row["occurred_at"])
        rows = [
            {"customer_id": customer, "day": moment.date(), "place": place}
            for customer, moments in seen.items()
            for place, moment in enumerate(moments)
        ]
        yield pa.RecordBatch.from_pylist(rows, schema)

    query = f"select customer_id, occurred_at from {EVENTS} as events where number"
    parts = [(f"{query} <= 500", numbered), (f"{query} > 500", numbered)]
    found, expected = (
        rows_of(
            engine.mapped(
                parts, schema, together="customer_id", order=("customer_id", "occurred_at")
            )
        )
        for engine in (spark, on_duckdb)
    )
    assert found == expected
    assert len(found) == 1000


def test_nothing_is_mapped_to_no_rows(spark: Engine) -> None:
    schema = pa.schema([("score", pa.float64())])
    assert rows_of(spark.mapped([], schema)) == []


def test_rows_of_a_query_are_returned_lazily(spark: Engine, on_duckdb: DuckDBEngine) -> None:
    query = f"select customer_id, max(occurred_at) as last_at from {EVENTS} as events group by 1"
    assert rows_of(spark.lazily(query)) == rows_of(on_duckdb.lazily(query))


def test_a_refusal_is_one_line(spark: Engine) -> None:
    for refused in (
        lambda: spark.collect("select missing from (select 1 as there) as one"),
        lambda: spark.collect("select from where"),
        lambda: list(spark.stream(f"select cast(customer_id as int) as number from {EVENTS} as e")),
        lambda: spark.lazily("select * from nowhere"),
        lambda: spark.variable("never_set"),
    ):
        with pytest.raises(EngineError) as raised:
            refused()
        assert len(str(raised.value).splitlines()) == 1


def test_relations_and_variables_are_found_by_name(spark: Engine) -> None:
    spark.execute("create schema if not exists marts")
    spark.session.sql("create table marts.kept using parquet as select 1 as number")
    assert spark.relation_exists("marts.kept")
    assert spark.relation_exists('"marts"."Kept"')
    assert not spark.relation_exists("marts.missing")
    assert not spark.relation_exists("missing.kept")
    kept = spark.collect(f"select number from {spark.query_of('marts.kept')}")
    assert kept["number"].to_pylist() == [1]
    spark.session.sql("declare or replace variable csat_project_root string default '/srv/csat'")
    assert spark.project_root() == Path("/srv/csat")


def test_what_a_run_broken_off_has_left_whole_takes_its_place(spark: Engine) -> None:
    from csat.spark import tables

    session = spark.session
    session.sql("create schema if not exists broken_off")
    for name, number in (("kept", 1), ("kept__new", 2), ("lost__new", 3), ("begun__part", 4)):
        table = pa.table({"number": [number]})
        session.createDataFrame(table).write.saveAsTable(f"broken_off.{name}")
    tables.settle(session, "broken_off")
    tables.settle(session, "never_made")
    there = {table.name for table in session.catalog.listTables("broken_off")}
    assert there == {"kept", "lost", "begun__part"}
    assert [session.table(f"broken_off.{name}").first()[0] for name in ("kept", "lost")] == [2, 3]

    # A table may be read while it is written anew, and what was begun before is no hindrance.
    tables.write(session, session.table("broken_off.kept"), "broken_off.begun")
    tables.write(
        session, session.sql("select number + 1 as number from broken_off.kept"), "broken_off.kept"
    )
    there = {table.name for table in session.catalog.listTables("broken_off")}
    assert there == {"kept", "lost", "begun"}
    assert session.table("broken_off.kept").first()[0] == 3


def test_rows_take_the_place_of_those_with_their_keys(spark: Engine) -> None:
    from csat.spark import statements, tables

    session = spark.session
    session.sql("create schema if not exists replaced")
    whole = pa.table({"key": ["a", "b"], "number": [1, 2]})
    tables.write(session, whole, "replaced.rows")
    newer = session.createDataFrame(pa.table({"key": ["b", "c"], "number": [5, 6], "more": [7, 8]}))
    tables.replace(session, newer, "replaced.rows", ["key"])

    def rows() -> list[tuple]:
        return sorted(tuple(row) for row in session.table("replaced.rows").collect())

    assert rows() == [("a", 1, None), ("b", 5, 7), ("c", 6, 8)]
    statements.run(session, "delete from replaced.rows where more is null")
    statements.run(
        session,
        "update replaced.rows as old set number = old.number + new.step "
        "from (select 'b' as name, 10 as step) as new where old.key = new.name",
    )
    assert rows() == [("b", 15, 7), ("c", 6, 8)]
