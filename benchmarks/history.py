"""What a customer-day costs to keep: scores or contributions, doubles or decimals, days or changes.

    python benchmarks/history.py 20000 240 120

simulates so many customers and days, scores the last ones of them, and writes their scores in
several forms, each exact: any day's scores come back to the last digit. Prints a table in Markdown,
what each column of the form that is kept takes, and how fast the mart over it is read. Everything
is written to a temporary folder (TMPDIR says where).
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
from csat.engine import quote, quote_name

HISTORY = "intermediate.int_customer_csat_history"
MART = "marts.fct_customer_csat_daily"
KEPT = "a row per day, contributions as decimals (as kept)"

NUMBERS = (
    *(f"contribution_{column_of_family(family)}" for family in FAMILIES),
    "interval_half_width",
)
STATE = ("model_version", *NUMBERS)
#: The work of reading a score is the same for all forms, the intercept left out.
SCORE = f"100e0 / (1e0 + exp(-cast({' + '.join(NUMBERS[:-1])} as double)))"
DAYS_OF_A_YEAR, CUSTOMERS_OF_A_LARGE_COMPANY = 365, 1_000_000
READINGS = 5


@dataclass(frozen=True)
class Form:
    """A form of the history: what is written, where, and how scores are read from it.

    ``of_day`` and ``of_customer`` are conditions, with ``{day}`` and ``{customer}`` in them.
    """

    name: str
    query: str
    score: str = SCORE
    of_day: str = "score_date = {day}"
    of_customer: str = "customer_id = {customer}"
    is_parquet: bool = False


@dataclass(frozen=True)
class Measured:
    """Bytes and rows of a form, and milliseconds to read a day and a customer on one thread."""

    size: int
    rows: int
    day_milliseconds: float
    customer_milliseconds: float


def forms(history: str, mart: str) -> list[Form]:
    """Return the forms compared, from the relations of the history and of the mart."""
    points = (
        "select customer_id, score_date, model_version, columns('points_.*'), csat_score, "
        f"csat_score_lower, csat_score_upper from {mart} order by score_date, customer_id"
    )
    doubles = ", ".join(f"cast({name} as double) as {name}" for name in NUMBERS)
    per_day = f"select * from {history} order by score_date, customer_id"
    in_force = "score_date <= {day} and until_date > {day}"
    in_month = f"score_date >= date_trunc('month', {{day}}) and {in_force}"
    return [
        Form("a row per day, scores and points as doubles", points, score="csat_score"),
        Form(
            "a row per day, contributions as doubles",
            f"select customer_id, score_date, model_version, {doubles} from {history} "
            "order by score_date, customer_id",
        ),
        Form(KEPT, per_day),
        Form(
            "the same, by month and customer",
            f"select * from {history} order by date_trunc('month', score_date), customer_id, "
            "score_date",
        ),
        Form(
            "a row per change and month, contributions as decimals",
            changes(history, by_month=True),
            of_day=in_month,
        ),
        Form(
            "a row per change, contributions as decimals",
            changes(history, by_month=False),
            of_day=in_force,
        ),
        Form(
            "a row per day, scores and points as doubles, Parquet",
            points,
            score="csat_score",
            is_parquet=True,
        ),
        Form("a row per day, contributions as decimals, Parquet", per_day, is_parquet=True),
        Form(
            "a row per change, contributions as decimals, Parquet",
            changes(history, by_month=False),
            of_day=in_force,
            is_parquet=True,
        ),
    ]


def changes(history: str, *, by_month: bool) -> str:
    """Return a query of a row per stretch of days that say the same, within a month if wished."""
    part = f"customer_id{', date_trunc($$month$$, score_date)' if by_month else ''}"
    differs = " or ".join(f"lag({name}) over own is distinct from {name}" for name in STATE)
    end = "last_day(score_date) + interval 1 day" if by_month else "date '9999-12-31'"
    return (
        f"select * exclude (is_change), cast(coalesce(lead(score_date) over (partition by {part} "
        f"order by score_date), {end}) as date) as until_date from (select *, {differs} as "
        f"is_change from {history} window own as (partition by {part} order by score_date)) "
        "where is_change order by score_date, customer_id"
    )


def measured(build_file: Path, form: Form, work: Path, day: str, customer: str) -> Measured:
    """Write a form to a file of its own, and read it."""
    file = work / ("history.parquet" if form.is_parquet else "history.duckdb")
    file.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        # Under its own name, which the views in it say.
        connection.execute(f"attach {quote(str(build_file))} (read_only)")
        connection.execute(f"use {quote_name(build_file.stem)}")
        connection.execute("set threads = 1")
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
        if form.name == KEPT:
            print_columns(connection, rows)
        of_day, of_customer = (
            milliseconds(connection, f"select sum({form.score}) from {table} where {condition}")
            for condition in (
                form.of_day.format(day=day),
                form.of_customer.format(customer=customer),
            )
        )
    return Measured(file.stat().st_size, rows, of_day, of_customer)


def milliseconds(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    """Return the shortest of some readings, the first one, of a cold file, left out."""
    taken = []
    for _ in range(READINGS + 1):
        start = time.perf_counter()
        connection.execute(query).fetchall()
        taken.append(1000 * (time.perf_counter() - start))
    return min(taken[1:])


def print_columns(connection: duckdb.DuckDBPyConnection, rows: int) -> None:
    """Print what each column takes, in blocks of its own, shared ones counted in parts."""
    (block,) = connection.execute(
        "select block_size from pragma_database_size() where database_name = 'kept'"
    ).fetchone()
    found = connection.execute(
        "with segments as (select *, count(*) over (partition by block_id) as sharing from "
        "pragma_storage_info('kept.history')) select column_name, string_agg(distinct compression, "
        "', ' order by compression), sum(1 / sharing) from segments where block_id >= 0 "
        "group by column_name order by 3 desc"
    ).fetchall()
    print(f"\n{KEPT}:\n\n| column | compression | bytes per customer-day |\n| --- | --- | ---: |")
    for name, compression, blocks in found:
        print(f"| {name} | {compression} | {blocks * block / rows:.2f} |")


def compare(build_file: Path, work: Path, customer_days: int) -> None:
    """Print how large each form is and how fast it is read, and the mart."""
    with duckdb.connect(str(build_file), read_only=True) as connection:
        connection.execute("set threads = 1")
        day, customer = connection.execute(
            "select 'date ' || chr(39) || quantile_disc(score_date, 0.5) || chr(39), "
            f"chr(39) || quantile_disc(customer_id, 0.5) || chr(39) from {HISTORY}"
        ).fetchone()
        mart = [
            milliseconds(connection, f"select count(columns(*)) from {MART} where {condition}")
            for condition in (f"score_date = {day}", f"customer_id = {customer}")
        ]
    lines = []
    for form in forms(HISTORY, MART):
        found = measured(build_file, form, work, day, customer)
        each = found.size / customer_days
        year = each * CUSTOMERS_OF_A_LARGE_COMPANY * DAYS_OF_A_YEAR / 2**30
        lines.append(
            f"| {form.name} | {found.rows:,} | {each:.1f} | {year:.1f} GB "
            f"| {found.day_milliseconds:.0f} ms | {found.customer_milliseconds:.0f} ms |"
        )
    print(
        "\n| form | rows | bytes per customer-day | 1,000,000 customers × 365 | one day read "
        "| one customer read |\n| --- | ---: | ---: | ---: | ---: | ---: |"
    )
    print("\n".join(lines))
    print(f"\n{MART}, all columns: one day {mart[0]:.0f} ms, one customer {mart[1]:.0f} ms.")


def main() -> None:
    """Measure what the command line names."""
    customers, days, scored = map(int, sys.argv[1:] or ["20000", "240", "120"])
    with tempfile.TemporaryDirectory(prefix="csat_benchmark_") as folder:
        work = Path(folder)
        company = Company(work, customers, days)
        run = company.run("first", scored)
        print(f"\n{customers:,} customers, {scored} days: {run.customer_days:,} customer-days.")
        compare(company.build_file, work, run.customer_days)


if __name__ == "__main__":
    main()
