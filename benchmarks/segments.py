"""What one day of many segments costs, and whether it grows with the days behind it.

    python benchmarks/segments.py 1000000

places customers into 200 segments, adds up their scores, notes who came and left, and estimates
the base and every segment by the answers of the window, each as the models of a run do it; adds up
what drivers contribute to each segment and what moved it since the day before, beside the bare
writing of a row per customer and driver; then estimates the same day with ten times as many older
days behind it. Prints Markdown; nothing is written but a
temporary folder (TMPDIR says where). Customers and answers are drawn by the engine.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import duckdb
import pyarrow as pa

from csat.daily.estimation import EstimationSettings, estimate_due_dates
from csat.daily.movements import Sources, move_due_dates
from csat.daily.scoring import BAG_CONTRASTS, driver_column
from csat.daily.segments import Placements, Segmentation
from csat.engine import DuckDBEngine

DAY = date(2026, 9, 30)
SEGMENTS, ANSWERS_OF_WINDOW, REPEATS = 200, 20_000, 3
#: So many times as many days lie behind the window as in it.
TIMES_AS_MANY = 10
SETTINGS = EstimationSettings(band_bounds=(50.0, 70.0, 80.0))
WINDOW = SETTINGS.level.window_days
ATTRIBUTES = {"customer_type": 4, "region": 12, "plan": 8, "preferred_channel": 5, "industry": 10}
CROSSED = (
    ("region", "customer_type"),
    ("region", "plan"),
    ("customer_type", "plan"),
    ("preferred_channel", "customer_type"),
    ("industry", "customer_type"),
)
FEATURES = (
    *("contacts_30_days", "contacts_90_days", "repeat_contacts_30_days", "interruptions_30_days"),
    *("late_payments_90_days", "app_errors_30_days", "logins_30_days", "opens_30_days"),
    *("transfers_30_days", "missed_callbacks_90_days"),
)
DRIVERS = tuple(f"driver {number:02}" for number in range(30))
#: The options of the project's profile.
OPTIONS = {"threads": 2, "preserve_insertion_order": False, "memory_limit": "5GB"}


def definitions() -> pa.Table:
    """Return the rows of the seed: five dimensions, five crossed ones, and conditions."""
    rows = [(name, None, name, None) for name in ATTRIBUTES]
    rows += [(f"{one}_and_{other}", None, one, other) for one, other in CROSSED]
    limits = product(range(1, 20), FEATURES)
    while len(rows) < SEGMENTS:
        limit, feature = next(limits)
        condition = f"{feature} >= {1 + limit % 3}"
        # Every other one narrows a feature down by what is known of the customer.
        if len(rows) % 2:
            condition += f" and region <> 'region {limit % 12}'"
        if len(rows) % 3 == 0:
            condition += f" and tenure_days >= {100 * limit}"
        rows.append((f"condition_{len(rows)}", condition, None, None))
    names = ("segment_id", "condition", "dimension", "second_dimension")
    columns = {
        name: pa.array(column, pa.string())
        for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }
    return pa.table(columns)


def timed(do: Callable[[], object]) -> tuple[float, float, object]:
    """Return seconds by the clock, of which others may have used some, of CPU, and the result."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = do()
    return time.perf_counter() - wall, time.process_time() - cpu, result


def _key(letter: str, number: str) -> str:
    """Return SQL of a key as companies have them."""
    return f"'{letter}' || lpad(cast({number} as varchar), 9, '0')"


def _drawn(name: str) -> str:
    """Return SQL of a number between 0 and 1, the same for the same customer and name."""
    return f"((1 + hash(customer, '{name}') % 1000000) / 1e6)"


def draw_customers(connection: duckdb.DuckDBPyConnection, customers: int) -> None:
    """Draw the attributes, features and scores of everyone at the end of the day."""
    attributes = ", ".join(
        f"'{name} ' || (hash(customer, '{name}') % {values}) as {name}"
        for name, values in ATTRIBUTES.items()
    )
    # Most have none of what is counted, some have many.
    features = ", ".join(
        f"cast(floor(-0.7 * ln({_drawn(name)})) as bigint) as {name}" for name in FEATURES
    )
    end_of_day = f"timestamp '{DAY + timedelta(days=1)}'"
    keys = f"{_key('C', 'customer')} as customer_id, {end_of_day} as as_of_at"
    everyone = f"(select range as customer from range({customers}))"
    connection.execute(
        f"create table attributes as select {keys}, date '{DAY}' as score_date, {attributes}, "
        "cast(hash(customer, 'tenure') % 4000 as bigint) as tenure_days "
        f"from {everyone}"
    )
    connection.execute(f"create table features as select {keys}, {features} from {everyone}")
    connection.execute(
        f"create table customer_scores as select {keys}, date '{DAY}' as score_date, "
        f"0.55 + 0.3 * {_drawn('score')} as probability"
        + "".join(f", 0.05 * {_drawn(name)} as {name}" for name in BAG_CONTRASTS)
        + f" from {everyone}"
    )


def draw_days(connection: duckdb.DuckDBPyConnection) -> None:
    """Draw what drivers contribute on the day and on the one before; a third of it differs."""
    for table, day in (("scores_of_day", DAY), ("scores_before", DAY - timedelta(days=1))):
        contributions = ", ".join(
            f"round(0.1 * ((hash(customer_id, '{driver}', "
            f"hash(customer_id, '{driver}', 'moves') % 3 = 0 and {table == 'scores_of_day'}) "
            f'% 1000) / 1e3 - 0.5), 6) as "{driver_column(driver)}"'
            for driver in DRIVERS
        )
        total = " + ".join(f'"{driver_column(driver)}"' for driver in DRIVERS)
        connection.execute(
            f"create or replace table {table} as select *, 0.8 + {total} as logit from "
            f"(select customer_id, date '{day}' as score_date, 'version' as model_version, "
            f"{contributions} from attributes)"
        )
    connection.execute(
        "create or replace table placements_before as select * replace "
        f"(date '{DAY - timedelta(days=1)}' as score_date) from placements"
    )
    connection.execute(
        f"create or replace table bases as select date '{DAY}' as score_date, 0.8e0 as base_logit"
    )


def move(connection: duckdb.DuckDBPyConnection) -> None:
    """Add up what segments are made of and what moved them, as ``segment_movements`` does."""
    # Reads while its rows are written.
    engine = DuckDBEngine(connection.cursor())
    found = move_due_dates(
        engine,
        DRIVERS,
        Placements.read(engine, "placements", "definitions"),
        of_run=Sources("scores_of_day", "placements"),
        earlier=Sources("scores_before", "placements_before"),
        by_version_before="(select * from scores_before where false)",
        bases="bases",
        last_days=1,
    )
    connection.register("movements", found)
    connection.execute("create or replace table segment_movements as select * from movements")


def write_rows(connection: duckdb.DuckDBPyConnection) -> None:
    """Write a row per customer and driver, with nothing to compute."""
    connection.execute(
        "create or replace table rows_of_drivers as select customer_id, score_date, driver, points "
        "from (unpivot scores_of_day on columns('driver.*') into name driver value points)"
    )


def draw_answers(connection: duckdb.DuckDBPyConnection, customers: int, older_days: int) -> None:
    """Draw the answers of the window and of older days, as many a day, and where they stand."""
    a_day = ANSWERS_OF_WINDOW // WINDOW
    who = f"hash(range, 'who') % {customers}"
    connection.execute(
        "create or replace table answers as select "
        f"{_key('R', 'range')} as response_id, "
        f"{_key('C', who)} as customer_id, "
        f"date '{DAY}' - cast(range // {a_day} as integer) as sent_date "
        f"from range({a_day * (WINDOW + 1 + older_days)})"
    )
    connection.execute(
        "create or replace table residuals as select response_id, 'version' as model_version, "
        "answers.customer_id, probability, 0.5 + (hash(response_id) % 1000) / 1e3 as weight, "
        "false as is_gold, true as is_from_sending, sent_date, sent_date as known_date, "
        f"cast(hash(response_id, 'bag') % {len(BAG_CONTRASTS) + 1} as bigint) as bag, "
        "hash(response_id, 'answer') % 1000 < 1000 * probability as is_satisfied "
        "from answers inner join customer_scores using (customer_id) order by response_id desc"
    )
    # A run places new answers only; the others are kept as they were placed.
    connection.execute(
        "create or replace table answer_attributes as select response_id, attributes.* "
        "from answers inner join attributes using (customer_id)"
    )
    segments = Segmentation.read(
        DuckDBEngine(connection), "definitions", "answer_attributes", "features"
    )
    connection.execute(
        "create or replace table answer_segments as select * from "
        f"({segments.members('response_id')}) order by response_id desc"
    )


def draw_earlier_estimates(connection: duckdb.DuckDBPyConnection, days: int) -> None:
    """Write the day's estimates once for each of the days before it, as a history has them."""
    connection.execute(
        "create or replace table earlier as select estimates.* "
        f"replace (date '{DAY}' - cast(range as integer) as score_date) "
        f"from range(1, {days + 1}) cross join estimates order by range desc"
    )


def place(connection: duckdb.DuckDBPyConnection) -> None:
    """Place everyone, as ``segment_placements`` does."""
    engine = DuckDBEngine(connection)
    segments = Segmentation.read(engine, "definitions", "attributes", "features")
    connection.execute(f"create or replace table placements as {segments.placements()}")


def add_up(connection: duckdb.DuckDBPyConnection) -> None:
    """Add up the scores of each segment, as ``segment_scores`` does."""
    placements = Placements.read(DuckDBEngine(connection), "placements", "definitions")
    sums = placements.sums("customer_scores", ("probability", *BAG_CONTRASTS))
    connection.execute(f"create or replace table segment_scores as {sums}")


def note_changes(connection: duckdb.DuckDBPyConnection) -> None:
    """Note who came into which segment on the first day of a run, as ``segment_changes`` does."""
    placements = Placements.read(DuckDBEngine(connection), "placements", "definitions")
    connection.execute(f"create or replace table segment_changes as {placements.changes()}")


def estimate(connection: duckdb.DuckDBPyConnection, earlier: str | None = None) -> pa.Table:
    """Estimate the base and each segment, as ``segment_estimates`` does."""
    return estimate_due_dates(
        DuckDBEngine(connection),
        SETTINGS,
        definitions="definitions",
        scores="segment_scores",
        scores_before="(select * from segment_scores where false)",
        residuals="residuals",
        answer_segments="answer_segments",
        versions="versions",
        earlier=earlier,
    )


def measure_day(connection: duckdb.DuckDBPyConnection, customers: int) -> None:
    """Print what each step of the day costs."""
    print(f"## One day of {customers:,} customers\n")
    print("| step | wall s | CPU s |\n| --- | ---: | ---: |")
    steps = {
        "place customers": place,
        "add up their scores": add_up,
        "estimate the base and the segments": estimate,
    }
    costs = [_measured(name, lambda do=do: do(connection)) for name, do in steps.items()]
    wall, cpu = (sum(seconds) for seconds in zip(*costs, strict=True))
    print(f"| **together** | **{wall:.1f}** | **{cpu:.1f}** |")
    _measured("note who came, on a first day", lambda: note_changes(connection))
    rows = {
        relation: connection.execute(f"select count(*) from {relation}").fetchone()[0]
        for relation in ("definitions", "segment_scores", "answers", "segment_changes")
    }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(
        f"\n{rows['definitions']} segments with {rows['segment_scores'] - 1:,} values; "
        f"{rows['answers']:,} answers in the window of {WINDOW} days; "
        f"{rows['segment_changes']:,} rows of who came. {peak:.1f} GB at most."
    )


def measure_drivers(connection: duckdb.DuckDBPyConnection) -> None:
    """Print what drivers of segments cost next to the bare writing of those of customers."""
    draw_days(connection)
    print("\n## Drivers, and what moved the segments since the day before\n")
    print("| step | wall s | CPU s |\n| --- | ---: | ---: |")
    moved, _ = _measured("drivers and movements of all segments", lambda: move(connection))
    written, _ = _measured(
        "bare writing of a row per customer and driver", lambda: write_rows(connection)
    )
    rows = connection.execute("select count(*) from rows_of_drivers").fetchone()[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(
        f"\n{len(DRIVERS)} drivers, {rows:,} rows of customers; "
        f"{moved / written:.2f} of the writing's time. {peak:.1f} GB at most."
    )


def _measured(name: str, do: Callable[[], object]) -> tuple[float, float]:
    """Print what something costs the second time: imports and cold files are not counted."""
    do()
    wall, cpu, _ = timed(do)
    print(f"| {name} | {wall:.1f} | {cpu:.1f} |", flush=True)
    return wall, cpu


def measure_history(connection: duckdb.DuckDBPyConnection, customers: int) -> None:
    """Print what the estimates cost with more and more days behind the window."""
    connection.register("estimates", estimate(connection))
    print("\n## Days behind the window\n")
    print("| older days | answers | earlier estimates | wall s | CPU s | the same figures |")
    print("| ---: | ---: | ---: | ---: | ---: | --- |")
    first = None
    for older in (0, WINDOW, TIMES_AS_MANY * WINDOW):
        draw_answers(connection, customers, older)
        draw_earlier_estimates(connection, WINDOW + older)
        runs = [timed(lambda: estimate(connection, "earlier")) for _ in range(REPEATS)]
        wall, cpu, found = min(runs, key=lambda run: run[1])
        first = first or found
        answers, earlier = (
            connection.execute(f"select count(*) from {relation}").fetchone()[0]
            for relation in ("answers", "earlier")
        )
        print(
            f"| {older:,} | {answers:,} | {earlier:,} | {wall:.1f} | {cpu:.1f} "
            f"| {'yes' if found.equals(first) else 'no'} |",
            flush=True,
        )


def main() -> None:
    """Measure at each number of customers on the command line."""
    for customers in map(int, sys.argv[1:] or ["1000000"]):
        with (
            tempfile.TemporaryDirectory(prefix="csat_benchmark_") as folder,
            duckdb.connect(str(Path(folder) / "segments.duckdb"), config=OPTIONS) as connection,
        ):
            connection.register("registered", definitions())
            connection.execute("create table definitions as select * from registered")
            connection.execute(
                "create table versions as select 'version' as model_version, "
                f"true as is_champion, date '{DAY - timedelta(days=30)}' as in_force_from"
            )
            draw_customers(connection, customers)
            draw_answers(connection, customers, older_days=0)
            measure_day(connection, customers)
            measure_drivers(connection)
            measure_history(connection, customers)


if __name__ == "__main__":
    main()
