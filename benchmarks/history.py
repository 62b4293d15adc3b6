"""What a customer-day costs to keep: a row per day or per change, points or contributions.

    python benchmarks/history.py 20000 240 120

simulates so many customers and days, scores the last ones of them, and writes their scores in
several forms, each exact: any day's scores come back to the last digit. Prints a table in Markdown.
Everything is written to a temporary folder (TMPDIR says where).
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
from daily import Company

from csat.daily.registry import FAMILIES, column_of_family
from csat.engine import quote

STATE = (
    *("model_version", "logit", "probability_lower", "probability_upper"),
    *(f"contribution_{column_of_family(family)}" for family in FAMILIES),
)
DAYS_OF_A_YEAR, CUSTOMERS_OF_A_LARGE_COMPANY = 365, 1_000_000


@dataclass(frozen=True)
class Form:
    """A form of the history: what is written, where, and how the scores of one day are read."""

    name: str
    query: str
    as_of: str
    is_parquet: bool = False


def forms(relation: str, points: str) -> list[Form]:
    """Return the forms compared; ``{table}`` and ``{day}`` stand in their readings."""
    columns = f"customer_id, score_date, {', '.join(STATE)}"
    differs = " or ".join(f"lag({name}) over own is distinct from {name}" for name in STATE)
    changes = (
        f"select {columns}, coalesce(lead(score_date) over (partition by customer_id "
        "order by score_date), date '9999-12-31') as until_date from "
        f"(select *, {differs} as is_change from {relation} "
        "window own as (partition by customer_id order by score_date)) where is_change "
        "order by score_date, customer_id"
    )
    daily = f"select {columns} from {relation} order by score_date, customer_id"
    of_day = "select sum({score}) from {{table}} where score_date = {{day}}"
    of_interval = "select sum(logit) from {table} where score_date <= {day} and until_date > {day}"
    return [
        Form(
            "a row per day, points (as kept)",
            f"select * from {points} order by score_date, customer_id",
            of_day.format(score="csat_score"),
        ),
        Form("a row per day, contributions", daily, of_day.format(score="logit")),
        Form("a row per change, contributions", changes, of_interval),
        Form(
            "a row per day, points, Parquet",
            f"select * from {points} order by score_date, customer_id",
            of_day.format(score="csat_score"),
            is_parquet=True,
        ),
        Form(
            "a row per day, contributions, Parquet",
            daily,
            of_day.format(score="logit"),
            is_parquet=True,
        ),
        Form("a row per change, contributions, Parquet", changes, of_interval, is_parquet=True),
    ]


def size_and_seconds(build_file: Path, form: Form, work: Path, day: str) -> tuple[int, float, int]:
    """Return bytes, seconds to read one day on one thread, and rows of a form."""
    connection = duckdb.connect()
    connection.execute(f"attach {quote(str(build_file))} as build (read_only)")
    connection.execute("set threads = 1")
    file = work / ("history.parquet" if form.is_parquet else "history.duckdb")
    file.unlink(missing_ok=True)
    if form.is_parquet:
        connection.execute(
            f"copy ({form.query}) to {quote(str(file))} (format parquet, compression zstd)"
        )
        table = f"read_parquet({quote(str(file))})"
    else:
        connection.execute(f"attach {quote(str(file))} as kept")
        connection.execute(f"create table kept.history as {form.query}")
        connection.execute("checkpoint kept")
        table = "kept.history"
    (rows,) = connection.execute(f"select count(*) from {table}").fetchone()
    reading = form.as_of.format(table=table, day=day)
    connection.execute(reading).fetchall()
    start = time.perf_counter()
    connection.execute(reading).fetchall()
    seconds = time.perf_counter() - start
    connection.close()
    return file.stat().st_size, seconds, rows


def main() -> None:
    """Measure what the command line names."""
    customers, days, scored = map(int, sys.argv[1:] or ["20000", "240", "120"])
    with tempfile.TemporaryDirectory(prefix="csat_benchmark_") as folder:
        work = Path(folder)
        company = Company(work, customers, days)
        run = company.run("first", scored)
        with duckdb.connect(str(company.build_file), read_only=True) as connection:
            (middle,) = connection.execute(
                "select cast(quantile_disc(score_date, 0.5) as varchar) "
                "from monitoring.completed_dates"
            ).fetchone()
        print(
            f"\n{customers:,} customers, {scored} days scored: {run.customer_days:,} "
            "customer-days.\n"
        )
        print("| form | rows | bytes per customer-day | 1,000,000 customers × 365 | one day read |")
        print("| --- | ---: | ---: | ---: | ---: |")
        for form in forms(
            "build.intermediate.customer_scores", "build.intermediate.int_customer_csat_history"
        ):
            size, seconds, rows = size_and_seconds(
                company.build_file, form, work, f"date '{middle}'"
            )
            each = size / run.customer_days
            year = each * CUSTOMERS_OF_A_LARGE_COMPANY * DAYS_OF_A_YEAR / 2**30
            print(
                f"| {form.name} | {rows:,} | {each:.1f} | {year:.1f} GB | {1000 * seconds:.0f} ms |"
            )


if __name__ == "__main__":
    main()
