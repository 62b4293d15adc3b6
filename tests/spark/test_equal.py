"""The same company built on DuckDB and on Spark: every table equal, row by row.

``make test-spark`` runs it, on two executors of their own unless CSAT_SPARK_MASTER or SPARK_REMOTE
says otherwise. It needs Java.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

CHECKOUT = Path(__file__).parents[2]
SCHEMAS = ("staging", "intermediate", "marts", "monitoring")
#: Numbers may differ by that share: engines add in different orders.
TOLERANCE = 1e-9
#: Columns that tell how an engine hashes a row, or what it makes of the project's code.
OF_THE_ENGINE = {
    "counted_surveys": ["rules"],
    "int_score_checksums": ["checksum"],
    "int_score_dates": ["activity_checksum"],
    "completed_dates": ["activity_checksum"],
    "int_segment_definitions": ["checksum"],
}
#: Tables that Spark does not have: it publishes nothing, since its tables are what readers open.
NOT_ON_SPARK: set[str] = set()


def run(*arguments: str, **settings: str) -> None:
    """Run dbt over the company, and fail with what it said where it fails."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "dbt.cli.main", "build", *arguments, "--no-use-colors"),
            *("--exclude", "resource_type:test", "resource_type:unit_test", "publication"),
            *("--vars", json.dumps({"backfill_days": 10})),
            *("--project-dir", str(CHECKOUT), "--profiles-dir", str(CHECKOUT)),
        ],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
        cwd=CHECKOUT,
    )
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a build file of DuckDB's, and Spark's warehouse of the same company."""
    if shutil.which("java") is None and not os.environ.get("SPARK_REMOTE"):
        pytest.fail("Spark needs Java: install a Debian package such as openjdk-17-jre-headless.")
    folder = tmp_path_factory.mktemp("company")
    csat = Path(sys.executable).parent / "csat"
    source = folder / "source"
    subprocess.run(
        [
            *(csat, "simulate", "--customers", "300", "--days", "160", "--seed", "3"),
            *("--end-date", "2026-03-31", "--out", source),
        ],
        check=True,
        capture_output=True,
    )
    settings = {
        "CSAT_SOURCE": str(source),
        "CSAT_BUILD_FILE": str(folder / "csat_build.duckdb"),
        "CSAT_SPARK_WAREHOUSE": str(folder / "spark"),
        "CSAT_SPARK_MASTER": os.environ.get("CSAT_SPARK_MASTER", "local-cluster[2,1,1024]"),
        "CSAT_SPARK_SHUFFLE_PARTITIONS": "2",
    }
    for target in ("duckdb", "spark"):
        places = {"DBT_TARGET_PATH": str(folder / target), "DBT_LOG_PATH": str(folder / target)}
        run("--target", target, **settings, **places)
    return folder


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


def difference(connection: duckdb.DuckDBPyConnection, schema: str, table: str, folder: Path) -> str:
    """Return how a table differs on Spark, in a line; nothing where it does not."""
    place = folder / "spark" / f"{schema}.db" / table
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


def test_every_table_is_equal_on_both_engines(company: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{company / 'csat_build.duckdb'}' as duck (read_only)")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'duck' "
            "order by all"
        ).fetchall()
        told = {
            f"{schema}.{table}": difference(connection, schema, table, company)
            for schema, table in tables
            if schema in SCHEMAS and table not in NOT_ON_SPARK
        }
    assert len(told) > 150
    different = [f"{name} {how}" for name, how in told.items() if how]
    assert not different, "\n".join(different)
