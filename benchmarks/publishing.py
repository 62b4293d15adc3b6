"""What publishing costs with more and more history behind it, beside copying the history each time.

    python benchmarks/publishing.py warehouse/csat_build.duckdb 1 4 12

takes a copy of a build file that a whole, green build has left, puts copies of its days behind it
until the history is so many times as long, publishes, adds a day and publishes again. Prints a
table in Markdown. Everything is written to a temporary folder (TMPDIR says where).
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from csat.generations import history_folder
from csat.project import project_root
from csat.publishing import Publishing, publish, publishing_of

#: Tables of a row per day, or per customer and day, that the daily mart is computed from.
KEPT = ("int_base_scores", "int_customer_csat_history", "int_score_checksums")
MEGABYTE = 2**20


@dataclass(frozen=True)
class Cost:
    """What one publication cost, and what it wrote."""

    cpu_seconds: float
    wall_seconds: float
    history_megabytes: float
    file_megabytes: float

    def cells(self) -> str:
        """Return the cost as cells of a Markdown table."""
        return (
            f"{self.cpu_seconds:.1f} | {self.wall_seconds:.0f} | {self.history_megabytes:.1f} "
            f"| {self.file_megabytes:.0f}"
        )


def lengthen(build: duckdb.DuckDBPyConnection, times: int) -> None:
    """Put copies of the days behind the first one."""
    ((days,),) = build.execute("select count(*) from intermediate.int_base_scores").fetchall()
    for name in KEPT:
        build.execute(
            f"insert into intermediate.{name} select days.* replace "
            f"(score_date - {days} * copy::int as score_date) from intermediate.{name} as days "
            f"cross join range(1, {times}) as copies(copy) order by score_date"
        )


def add_day(build: duckdb.DuckDBPyConnection) -> None:
    """Add a day that is like the last one."""
    for name in KEPT:
        build.execute(
            f"insert into intermediate.{name} select * replace (score_date + 1 as score_date) "
            f"from intermediate.{name} where score_date = "
            f"(select max(score_date) from intermediate.{name})"
        )


def cost_of(build: duckdb.DuckDBPyConnection, publishing: Publishing, file: Path) -> Cost:
    """Publish, and return what that cost."""
    before = written(file)
    cpu, wall = time.process_time(), time.perf_counter()
    (row,) = publish(build, publishing, file).to_pylist()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    if not row["is_published"]:
        raise SystemExit(row["refusal"])
    new = sum(size for name, size in written(file).items() if name not in before)
    return Cost(cpu, wall, new / MEGABYTE, file.stat().st_size / MEGABYTE)


def written(file: Path) -> dict[str, int]:
    """Return the files of the history with their sizes."""
    return {found.name: found.stat().st_size for found in history_folder(file).rglob("*.parquet")}


def main() -> None:
    """Measure what the command line names."""
    build_file = Path(sys.argv[1] if len(sys.argv) > 1 else "warehouse/csat_build.duckdb")
    print(
        "| customer-days | publication | CPU s | wall s | MB of history written "
        "| MB of the published file |\n| ---: | --- | ---: | ---: | ---: | ---: |"
    )
    for times in map(int, sys.argv[2:] or ["1", "4", "12"]):
        with tempfile.TemporaryDirectory(prefix="csat_benchmark_") as folder:
            copy = Path(folder, build_file.name)
            shutil.copyfile(build_file, copy)
            with duckdb.connect(str(copy)) as build:
                measure(build, times, Path(folder))


def measure(build: duckdb.DuckDBPyConnection, times: int, folder: Path) -> None:
    """Print what publishing costs with a history so many times as long."""
    (request,) = build.execute("select request from monitoring.publication").fetchone()
    publishing = publishing_of(json.loads(request), project_root())
    lengthen(build, times)
    file = folder / "shared" / "csat.duckdb"
    first = cost_of(build, publishing, file)
    add_day(build)
    day = cost_of(build, publishing, file)
    whole = cost_of(build, replace(publishing, histories=()), folder / "whole" / "csat.duckdb")
    ((rows,),) = build.execute("select count(*) from marts.fct_customer_csat_daily").fetchall()
    for name, cost in (
        ("the first one", first),
        ("a day more", day),
        ("a day more, all copied", whole),
    ):
        print(f"| {rows:,} | {name} | {cost.cells()} |", flush=True)


if __name__ == "__main__":
    main()
