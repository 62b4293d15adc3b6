"""Simulating and staging a company: first load, an added day, and DuckDB alone on the same files.

    python benchmarks/staging.py 100000 1000000

prints a table in Markdown. Everything is written to a temporary folder (TMPDIR says where), about
6 GB for 1,000,000 customers.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
from measure import Cost, run_measured

from csat.contract import load_contract
from csat.engine import quote
from csat.project import project_root

DAYS = 365
END_DATE = date(2026, 9, 30)
BENCHMARKS = Path(__file__).resolve().parent
STAGING = [
    *("build", "--select", "+source_row_counts"),
    *("--exclude-resource-type", "test", "unit_test"),
]


@dataclass(frozen=True)
class Step:
    """One measured step and the rows that it dealt with."""

    name: str
    rows: int
    cost: Cost

    def line(self) -> str:
        """Return the step as a row of a Markdown table."""
        cost = self.cost
        return (
            f"| {self.name} | {self.rows:,} | {cost.wall_seconds:.1f} | {cost.cpu_seconds:.1f} "
            f"| {cost.peak_gigabytes:.1f} | {self.rows / cost.wall_seconds:,.0f} |"
        )


def split_last_day(company: Path, history: Path, added: Path) -> tuple[int, int]:
    """Write what was loaded before the last day, and what on it, as one file each per table.

    Returns the number of rows of both.
    """
    connection = duckdb.connect()
    counts = [0, 0]
    for table in load_contract(project_root()):
        source = f"{company / table}/*.parquet"
        if (company / f"{table}.parquet").exists():
            source = str(company / f"{table}.parquet")
        for i, (folder, condition) in enumerate(
            ((history, f"loaded_at < '{END_DATE}'"), (added, f"loaded_at >= '{END_DATE}'"))
        ):
            (folder / table).mkdir(parents=True)
            target = folder / table / f"until-{END_DATE + timedelta(days=i - 1)}.parquet"
            (rows,) = connection.execute(
                f"copy (select * from {quote(source)} where {condition}) "
                f"to {quote(str(target))} (format parquet)"
            ).fetchone()  # type: ignore[misc]
            counts[i] += rows
    return counts[0], counts[1]


def measure(customers: int, work: Path) -> list[Step]:
    """Return the steps for a company of this size."""
    company, tables, added = work / "company", work / "tables", work / "added"
    simulated = run_measured(
        [
            *(str(Path(sys.executable).parent / "csat"), "simulate", "--customers", str(customers)),
            *("--days", str(DAYS), "--seed", "1", "--end-date", str(END_DATE)),
            *("--out", str(company)),
        ]
    )
    history_rows, added_rows = split_last_day(company, tables, added)
    shutil.rmtree(company)
    environment = {
        "CSAT_SOURCE": str(tables),
        "CSAT_BUILD_FILE": str(work / "csat_build.duckdb"),
        "CSAT_PUBLISHED_FILE": str(work / "csat.duckdb"),
        "DBT_TARGET_PATH": str(work / "target"),
        "DBT_LOG_PATH": str(work / "logs"),
    }
    project = str(project_root())
    dbt = [
        *(sys.executable, "-m", "dbt.cli.main", "--quiet", *STAGING),
        *("--project-dir", project, "--profiles-dir", project),
    ]
    bare = [sys.executable, str(BENCHMARKS / "bare_duckdb.py")]
    steps = [
        Step("simulate, 365 days", history_rows + added_rows, simulated),
        Step(
            "bare DuckDB: read, aggregate",
            history_rows,
            run_measured([*bare, "scan", str(tables), ":memory:"]),
        ),
        Step(
            "bare DuckDB: newest row per key",
            history_rows,
            run_measured([*bare, "deduplicate", str(tables), str(work / "bare.duckdb")]),
        ),
        Step("staging: first load", history_rows, run_measured(dbt, environment)),
        Step("staging: nothing new", 0, run_measured(dbt, environment)),
    ]
    for file in added.glob("*/*.parquet"):
        file.rename(tables / file.parent.name / file.name)
    steps.append(Step("staging: an added day", added_rows, run_measured(dbt, environment)))
    return steps


def main() -> None:
    """Measure every size named on the command line."""
    for size in map(int, sys.argv[1:] or ["100000"]):
        with tempfile.TemporaryDirectory(prefix="csat_benchmark_") as folder:
            steps = measure(size, Path(folder))
        wall = {step.name: step.cost.wall_seconds for step in steps}
        first = wall["staging: first load"]
        print(f"\n### {size:,} customers\n")
        print("| step | rows | wall s | CPU s | peak GB | rows per s |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        print("\n".join(step.line() for step in steps))
        print(
            f"\nFirst load against bare DuckDB: "
            f"{first / wall['bare DuckDB: newest row per key']:.1f} × the newest row per key, "
            f"{first / wall['bare DuckDB: read, aggregate']:.1f} × reading alone. "
            f"Added day against first load: {wall['staging: an added day'] / first:.2f}."
        )


if __name__ == "__main__":
    main()
