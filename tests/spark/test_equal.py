"""The same company built on DuckDB and on Spark: every table equal, row by row.

``make test-spark`` runs it on two executors of their own, one of which is killed while it scores.
CSAT_SPARK_WAYS names others: ``connect`` for a Spark Connect server, ``local[2]`` for a session of
one process, several of them with spaces between.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

CHECKOUT = Path(__file__).parents[2]
#: How Spark is run.
WAYS = os.environ.get("CSAT_SPARK_WAYS", "local-cluster[2,1,1024]").split()
#: The line of dbt's log that tells that scoring begins, and how long it has gone on when it is hit.
SCORING = "intermediate.customer_scores "
SECONDS_OF_SCORING = 2
SCHEMAS = ("staging", "intermediate", "marts", "monitoring")
#: Numbers may differ by that share: engines add in different orders.
TOLERANCE = 1e-9
#: Columns that tell how an engine hashes a row, or what it makes of the project's code.
OF_THE_ENGINE = {
    "counted_surveys": ["rules"],
    "int_score_checksums": ["checksum"],
    "int_score_dates": ["activity_checksum"],
    "completed_dates": ["activity_checksum"],
}
#: Tables of each engine's own run: Spark publishes nothing, its tables are what readers open.
OF_THE_RUN = {"publication"}


def build(target: str, settings: dict[str, str], is_executor_lost: bool = False) -> str:
    """Build the company on an engine, and return what dbt said; fail with it where that failed.

    Where ``is_executor_lost``, one of Spark's executors is killed as soon as scoring begins.
    """
    command = [
        *(sys.executable, "-m", "dbt.cli.main", "build", "--target", target, "--no-use-colors"),
        *("--exclude", "resource_type:test", "resource_type:unit_test"),
        *("--vars", json.dumps({"backfill_days": 10})),
        *("--project-dir", str(CHECKOUT), "--profiles-dir", str(CHECKOUT)),
    ]
    said, killed = [], 0
    with subprocess.Popen(
        command,
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=CHECKOUT,
    ) as process:
        for line in process.stdout:
            said.append(line)
            if is_executor_lost and SCORING in line and "START" in line:
                time.sleep(SECONDS_OF_SCORING)
                killed = executors_of(process.pid)[0]
                os.kill(killed, signal.SIGKILL)
    assert process.returncode == 0, "".join(said[-80:])
    assert bool(killed) == is_executor_lost
    return "".join(said)


def executors_of(parent: int) -> list[int]:
    """Return the processes below one in which Spark's executors run."""
    parents, executors = {}, []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
            is_executor = b"CoarseGrainedExecutorBackend" in (folder / "cmdline").read_bytes()
        except OSError:
            continue
        parents[int(folder.name)] = int(after_name[1])
        if is_executor:
            executors.append(int(folder.name))
    return [each for each in executors if parent in _above(each, parents)]


def _above(process: int, parents: dict[int, int]) -> Iterator[int]:
    while process in parents:
        process = parents[process]
        yield process


@contextmanager
def connect_server(folder: Path) -> Iterator[str]:
    """Run a Spark Connect server, and yield its address."""
    import pyspark

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "spark.connect.grpc.binding.port": str(port),
        "spark.sql.catalogImplementation": "hive",
        "spark.sql.warehouse.dir": str(folder / "spark"),
        "spark.hadoop.javax.jdo.option.ConnectionURL": (
            f"jdbc:derby:;databaseName={folder / 'spark' / 'metastore'};create=true"
        ),
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.memory": "4g",
        "spark.driver.extraJavaOptions": "-Xss64m -Dderby.stream.error.file=/dev/null",
        "spark.ui.enabled": "false",
    }
    own = {"PYSPARK_PYTHON": sys.executable, "OPENBLAS_NUM_THREADS": "1"}
    with (
        (folder / "server.log").open("w") as log,
        subprocess.Popen(
            [
                str(Path(pyspark.__file__).parent / "bin" / "spark-submit"),
                *("--class", "org.apache.spark.sql.connect.service.SparkConnectServer"),
                *("--master", "local[2]"),
                *(part for each in settings.items() for part in ("--conf", "=".join(each))),
                "spark-internal",
            ],
            env=os.environ | own,
            stdout=log,
            stderr=log,
        ) as server,
    ):
        try:
            for _ in range(120):
                with socket.socket() as asked:
                    if asked.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(1)
            yield f"sc://127.0.0.1:{port}"
        finally:
            server.terminate()


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small company's tables."""
    if shutil.which("java") is None:
        pytest.fail("Spark needs Java: install a Debian package such as openjdk-17-jre-headless.")
    folder = tmp_path_factory.mktemp("source")
    csat = Path(sys.executable).parent / "csat"
    subprocess.run(
        [
            *(csat, "simulate", "--customers", "300", "--days", "160", "--seed", "3"),
            *("--end-date", "2026-03-31", "--out", folder),
        ],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture(scope="session")
def on_duckdb(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the build file of the company."""
    folder = tmp_path_factory.mktemp("duckdb")
    file = folder / "csat_build.duckdb"
    build("duckdb", {**settings_of(source, folder), "CSAT_BUILD_FILE": str(file)})
    return file


@pytest.fixture(scope="session", params=WAYS)
def on_spark(
    request: pytest.FixtureRequest, source: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return Spark's warehouse of the company, built in each of the ways that are asked for."""
    folder = tmp_path_factory.mktemp("spark")
    settings = settings_of(source, folder)
    if request.param == "connect":
        with connect_server(folder) as address:
            build("spark", {**settings, "SPARK_REMOTE": address})
    else:
        settings["CSAT_SPARK_MASTER"] = request.param
        build("spark", settings, is_executor_lost=request.param.startswith("local-cluster"))
    return folder / "spark"


def settings_of(source: Path, folder: Path) -> dict[str, str]:
    """Return where a build reads and writes."""
    return {
        "CSAT_SOURCE": str(source),
        "CSAT_PUBLISHED_FILE": str(folder / "csat.duckdb"),
        "CSAT_SPARK_WAREHOUSE": str(folder / "spark"),
        "CSAT_SPARK_SHUFFLE_PARTITIONS": "2",
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "OPENBLAS_NUM_THREADS": "1",
    }


def rows_of(connection: duckdb.DuckDBPyConnection, relation: str, columns: dict) -> pa.Table:
    """Return rows in an order that both engines' rows can have: by what is exact first."""
    exact = [name for name, kind in columns.items() if not is_number(kind)]
    order = ", ".join(f'"{name}"' for name in [*exact, *(set(columns) - set(exact))])
    shown = ", ".join(
        f'cast("{name}" as double) as "{name}"'
        if is_number(kind)
        else f'cast(cast("{name}" as {kind}) as varchar) as "{name}"'
        for name, kind in columns.items()
    )
    return connection.execute(f"select {shown} from {relation} order by {order}").to_arrow_table()


def is_number(kind: str) -> bool:
    """Tell whether values of a type are compared to a tolerance."""
    return kind in ("DOUBLE", "FLOAT", "HUGEINT") or kind.startswith("DECIMAL")


def difference(
    connection: duckdb.DuckDBPyConnection, schema: str, table: str, warehouse: Path
) -> str:
    """Return how a table differs on Spark, in a line; nothing where it does not."""
    place = warehouse / f"{schema}.db" / table
    if not place.is_dir():
        return "is not there"
    own = f'duck.{schema}."{table}"'
    columns = {name: kind for name, kind, *_ in connection.execute(f"describe {own}").fetchall()}
    if not list(place.rglob("*.parquet")):
        (rows,) = connection.execute(f"select count(*) from {own}").fetchone()
        return f"has no rows of {rows}" if rows else ""
    spark = f"read_parquet('{place}/**/*.parquet', hive_partitioning = true, union_by_name = true)"
    there = {row[0] for row in connection.execute(f"describe select * from {spark}").fetchall()}
    if there != set(columns):
        return f"has other columns: {sorted(there ^ set(columns))}"
    for name in OF_THE_ENGINE.get(table, []):
        columns.pop(name)
    first, second = (rows_of(connection, relation, columns) for relation in (own, spark))
    if len(first) != len(second):
        return f"has {len(second)} rows, and {len(first)} on DuckDB"
    different = []
    for name, kind in columns.items():
        if is_number(kind):
            ours, theirs = (each[name].to_numpy(zero_copy_only=False) for each in (first, second))
            same = np.isclose(
                ours.astype(float), theirs.astype(float), rtol=TOLERANCE, atol=1e-12, equal_nan=True
            )
            count = int((~same).sum())
        else:
            count = sum(
                ours != theirs
                for ours, theirs in zip(
                    first[name].to_pylist(), second[name].to_pylist(), strict=True
                )
            )
        if count:
            different.append(f"{name} in {count}")
    return f"differs in {', '.join(different)} of {len(first)} rows" if different else ""


def test_every_table_is_equal_on_both_engines(on_duckdb: Path, on_spark: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{on_duckdb}' as duck (read_only)")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'duck' "
            "order by all"
        ).fetchall()
        told = {
            f"{schema}.{table}": difference(connection, schema, table, on_spark)
            for schema, table in tables
            if schema in SCHEMAS and table not in OF_THE_RUN
        }
    assert len(told) > 150
    different = [f"{name} {how}" for name, how in told.items() if how]
    assert not different, "\n".join(different)
