"""The daily run: backfill, a run without news, an added day; and whether history makes it dearer.

    python benchmarks/daily.py refresh 1000000 365 30
    python benchmarks/daily.py backfill 100000 365 365
    python benchmarks/daily.py growth 10000 365 1095 3650

``refresh`` simulates so many customers and days, scores the last days of them in a first run, then
runs without news and with one day more. ``backfill`` only scores them, on one thread, so that all
CPU meanwhile is for that. ``growth`` does so for each number of days, and counts
what the added day costs: CPU, and rows that its queries scan. There the last weeks are scored, and
the days before hold copies of their scores, so that the history is as long as if all had been.
Programs start as long before the end as with the first number of days, which is the shortest.
Everything is written to a temporary folder (TMPDIR says where). Publication is left out;
``readers.py`` measures it.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
from measure import Cost, run_measured
from staging import END_DATE, split_last_day

from csat.project import project_root
from csat.simulation.parameters import Parameters
from csat.simulation.programs import designs

#: Steps of a run that took longer than this are named.
SECONDS_WORTH_NAMING = 1.0
#: Steps that ``growth`` names as reading more rows.
STEPS_NAMED = 12
#: Days that ``growth`` scores; those before hold copies of them.
SCORED_DAYS = 35
#: Tests that a history of copies cannot pass: its answers were predicted by no version.
FOR_REAL_HISTORY = ("assert_figures_count_every_prediction",)


@dataclass(frozen=True)
class Run:
    """One run of the project: its cost, as a whole and by model or test."""

    name: str
    cost: Cost
    steps: dict[str, Cost]
    customer_days: int

    def line(self) -> str:
        """Return the run as a row of a Markdown table."""
        cost = self.cost
        return (
            f"| {self.name} | {self.customer_days:,} | {cost.wall_seconds:.0f} "
            f"| {cost.cpu_seconds:.0f} | {cost.peak_gigabytes:.1f} |"
        )

    def longest(self) -> str:
        """Return the steps that took longest as a Markdown table.

        Two run side by side, so that CPU and memory are of all that ran meanwhile.
        """
        rows = sorted(self.steps.items(), key=lambda step: -step[1].wall_seconds)
        return "\n".join(
            [
                "| step | wall s | CPU s meanwhile | peak GB |",
                "| --- | ---: | ---: | ---: |",
                *(
                    f"| {name} | {cost.wall_seconds:.1f} | {cost.cpu_seconds:.1f} "
                    f"| {cost.peak_gigabytes:.1f} |"
                    for name, cost in rows
                    if cost.wall_seconds > SECONDS_WORTH_NAMING
                ),
            ]
        )


class Company:
    """A simulated company in a folder, delivered up to the day before its last one."""

    def __init__(self, work: Path, customers: int, days: int, settings: Sequence[str] = ()):
        self.work = work
        company, self.tables, self.added = work / "company", work / "tables", work / "added"
        run_measured(
            [
                *(str(Path(sys.executable).parent / "csat"), "simulate"),
                *("--customers", str(customers), "--days", str(days), "--seed", "1"),
                *("--end-date", str(END_DATE), "--out", str(company)),
                *(part for setting in settings for part in ("--set", setting)),
            ]
        )
        split_last_day(company, self.tables, self.added)
        shutil.rmtree(company)
        self.build_file = work / "csat_build.duckdb"

    def add_last_day(self) -> None:
        """Deliver the last day."""
        for file in self.added.glob("*/*.parquet"):
            file.rename(self.tables / file.parent.name / file.name)

    def run(self, name: str, backfill_days: int, *arguments: str) -> Run:
        """Build all but the publication, tests included."""
        project = str(project_root())
        environment = {
            "CSAT_SOURCE": str(self.tables),
            "CSAT_BUILD_FILE": str(self.build_file),
            "CSAT_PUBLISHED_FILE": str(self.work / "csat.duckdb"),
            "DBT_TARGET_PATH": str(self.work / "target"),
            "DBT_LOG_PATH": str(self.work / "logs"),
        }
        cost = run_measured(
            [
                *(sys.executable, "-m", "dbt.cli.main", "--quiet", "build"),
                *("--exclude", "publication", "resource_type:unit_test", *FOR_REAL_HISTORY),
                *("--vars", json.dumps({"backfill_days": backfill_days}), *arguments),
                *("--project-dir", project, "--profiles-dir", project),
            ],
            environment,
        )
        results = json.loads((self.work / "target" / "run_results.json").read_text())["results"]
        with duckdb.connect(str(self.build_file), read_only=True) as connection:
            (scored,) = connection.sql(
                "select count(*) from intermediate.customer_scores"
            ).fetchone()
        steps = {row["unique_id"].split(".")[2]: _cost_of(row, cost) for row in results}
        return Run(name, cost, steps, scored)

    def lengthen_history(self, days: int) -> None:
        """Fill the days before the first one scored with copies of those that were."""
        with duckdb.connect(str(self.build_file)) as connection:
            first, scored = connection.sql(
                "select min(score_date), count(*) from monitoring.completed_dates"
            ).fetchone()
            for relation in self._kept_by_day(connection):
                for back in range(scored, days, scored):
                    connection.execute(
                        f"insert into {relation} select * replace (score_date - {back} as "
                        f"score_date) from {relation} where score_date >= date '{first}' "
                        f"and score_date - {back} >= date '{END_DATE}' - {days}"
                    )
            # As if the answers of those days had been predicted on theirs.
            connection.execute(
                "insert into intermediate.int_answer_predictions by name select response_id, "
                "'before' as model_version, 0e0 as logit, 0.5e0 as probability, "
                "0.5e0 as reference_probability, 1e0 as weight "
                "from intermediate.int_survey_ratings "
                f"where metric = 'csat' and sent_at < timestamp '{first}' and response_id not in "
                "(select response_id from intermediate.int_answer_predictions)"
            )

    def _kept_by_day(self, connection: duckdb.DuckDBPyConnection) -> list[str]:
        """Return the tables that runs add days to, but for figures of answers."""
        nodes = json.loads((self.work / "target" / "manifest.json").read_text())["nodes"].values()
        kept = {
            f"{node['schema']}.{node['name']}"
            for node in nodes
            if node["config"].get("materialized") == "incremental"
            and node["schema"] in ("intermediate", "monitoring")
        }
        dated = connection.sql(
            "select schema_name || '.' || table_name from duckdb_columns() "
            "where column_name = 'score_date'"
        ).fetchall()
        return sorted(name for (name,) in dated if name in kept)

    def rows_scanned(self) -> Counter[str]:
        """Return how many rows each query of the last run scans, run once more for counting."""
        target = self.work / "target"
        results = json.loads((target / "run_results.json").read_text())["results"]
        nodes = json.loads((target / "manifest.json").read_text())["nodes"]
        scanned: Counter[str] = Counter()
        with duckdb.connect(str(self.build_file), read_only=True) as connection:
            connection.execute("pragma enable_profiling = 'no_output'")
            connection.execute(
                'pragma custom_profiling_settings = \'{"CUMULATIVE_ROWS_SCANNED": "true"}\''
            )
            for row in results:
                query, name = row.get("compiled_code") or "", row["unique_id"]
                is_sql = "def model(" not in query and query.strip()
                # A view is only written down; whoever reads it scans.
                is_run = name.startswith("test.") or (
                    name.startswith("model.") and nodes[name]["config"]["materialized"] != "view"
                )
                if is_sql and is_run:
                    for _ in connection.execute(query).to_arrow_reader():
                        pass
                    profile = json.loads(connection.get_profiling_information())
                    scanned[name.split(".")[2]] += profile["cumulative_rows_scanned"]
        return scanned


def _cost_of(result: dict, run: Cost) -> Cost:
    """Return what a step of a run cost, by when it began and ended."""
    moments = [
        datetime.fromisoformat(timing[end]).timestamp()
        for timing in result["timing"]
        for end in ("started_at", "completed_at")
    ]
    return run.between(min(moments), max(moments)) if moments else Cost(0.0, 0.0, 0.0)


def refresh(customers: int, days: int, backfill_days: int) -> None:
    """Print what a first run, a run without news and an added day cost, each when it has ended."""
    with tempfile.TemporaryDirectory(prefix="csat_benchmark_") as folder:
        company = Company(Path(folder), customers, days)
        print(f"\n### {customers:,} customers × {days} days\n", flush=True)
        first = company.run(f"first run, {backfill_days} days scored", backfill_days)
        _tell(first)
        print(
            f"Scored per minute of CPU in the first run, all steps counted: "
            f"{60 * first.customer_days / first.cost.cpu_seconds:,.0f} customer-days; "
            f"features and scores alone {_per_minute(first):,.0f}."
        )
        _tell(company.run("nothing new", backfill_days))
        company.add_last_day()
        _tell(company.run("an added day", backfill_days))
        print(f"Build file: {company.build_file.stat().st_size / 2**30:.1f} GB.")


def _tell(run: Run) -> None:
    print("| run | customer-days scored | wall s | CPU s | peak GB |")
    print("| --- | ---: | ---: | ---: | ---: |")
    print(f"{run.line()}\n\n{run.longest()}\n", flush=True)


def _per_minute(run: Run) -> float:
    """Return customer-days scored per minute of CPU while they were, features included."""
    return 60 * run.customer_days / run.steps["customer_scores"].cpu_seconds


def backfill(customers: int, days: int, backfill_days: int) -> None:
    """Print what scoring many days at once costs, features included, on one thread."""
    with tempfile.TemporaryDirectory(prefix="csat_benchmark_") as folder:
        company = Company(Path(folder), customers, days)
        alone = ("--select", "+customer_scores", "--indirect-selection", "empty", "--threads", "1")
        run = company.run("backfill", backfill_days, *alone)
    cost = run.steps["customer_scores"]
    print(f"\n### {customers:,} customers × {days} days, {backfill_days} of them scored\n")
    print("| customer-days | wall s | CPU s | customer-days a minute of CPU | peak GB |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    print(
        f"| {run.customer_days:,} | {cost.wall_seconds:.0f} | {cost.cpu_seconds:.0f} "
        f"| {_per_minute(run):,.0f} | {cost.peak_gigabytes:.1f} |"
    )


def programs_started_late(days: int, last_days: int) -> list[str]:
    """Return settings by which programs start as late before the end as in a company of few days.

    Or a longer history would have fewer programs in its last year, and cost less for that.

    Raises
    ------
    SystemExit
        If the company has fewer days than that.
    """
    if days < last_days:
        raise SystemExit("Give the shortest history first: programs start as late in all of them.")
    return [
        f"programs.{name}.starts_at={1 - (1 - design.starts_at) * last_days / days}"
        for name, design in designs(Parameters())
    ]


def growth(customers: int, lengths: list[int]) -> None:
    """Print what an added day costs with more and more history behind it."""
    print(f"\n### {customers:,} customers, an added day\n")
    print("| days behind | wall s | CPU s | against the first | rows scanned | against the first |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    cpu, scanned = 0.0, Counter()
    for days in lengths:
        with tempfile.TemporaryDirectory(prefix="csat_benchmark_") as folder:
            settings = programs_started_late(days, lengths[0])
            company = Company(Path(folder), customers, days, settings)
            scored = min(days, SCORED_DAYS)
            company.run("first", scored)
            company.lengthen_history(days)
            company.add_last_day()
            run = company.run("an added day", scored)
            rows = company.rows_scanned()
        cpu, scanned = cpu or run.cost.cpu_seconds, scanned or rows
        grown = {name: rows[name] - scanned[name] for name in rows}
        most = sorted(grown, key=grown.__getitem__, reverse=True)[:STEPS_NAMED]
        print(
            f"| {days:,} | {run.cost.wall_seconds:.0f} | {run.cost.cpu_seconds:.1f} "
            f"| {run.cost.cpu_seconds / cpu:.2f} | {rows.total():,} "
            f"| {rows.total() / scanned.total():.2f} |",
            flush=True,
        )
        print(f"\n{run.longest()}\n", flush=True)
        print("More rows than with the shortest history: ", end="")
        print(
            ", ".join(f"`{name}` {grown[name]:,}" for name in most if grown[name] > 0), flush=True
        )


def main() -> None:
    """Measure what the command line names."""
    kind, customers, *days = sys.argv[1:] or ["refresh", "100000", "365", "365"]
    if kind == "growth":
        growth(int(customers), list(map(int, days)))
    else:
        measure = backfill if kind == "backfill" else refresh
        measure(int(customers), int(days[0]), int(days[1]))


if __name__ == "__main__":
    main()
