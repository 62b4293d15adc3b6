"""What finding 20 journeys in a log of events costs.

    python benchmarks/journeys.py 5000000

draws a log of so many events of a year (customers have 50 each: contacts on 12 topics, digital
events of 8 types, bills, payments, interruptions, signals) and 20 journeys of three to five steps,
and finds all their steps, as the model ``journey_steps`` does; beside it the engine's own bare
grouping and sorting of the same log. Prints Markdown; nothing is written but a temporary folder
(TMPDIR says where). A second argument is the number of threads, a third the memory limit.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from datetime import datetime
from pathlib import Path

import duckdb
from segments import timed

from csat.daily.journey_steps import steps_taken
from csat.daily.journeys import Journey, Step, read_kinds
from csat.engine import DuckDBEngine

JOURNEYS, EVENTS_OF_CUSTOMER, DAYS = 20, 50, 365
TOPICS, TYPES = 12, 8
#: Share of each kind among the events, and of how many details.
KINDS = (
    ("digital", 0.50, TYPES),
    ("contact", 0.15, TOPICS),
    ("bill", 0.12, 2),
    ("payment", 0.12, 3),
    ("interruption", 0.06, 2),
    ("signal", 0.05, 3),
)


def draw_events(connection: duckdb.DuckDBPyConnection, events: int) -> None:
    """Draw the log; everything follows from a hash of the row's number."""
    cases, details, until = [], [], 0.0
    for kind, share, values in KINDS:
        until += share
        cases.append(f"when drawn < {until} then '{kind}'")
        details.append(f"when '{kind}' then '{kind} ' || hash(number, 'detail') % {values}")
    connection.execute(
        "create table events as select *, "
        f"case event {' '.join(details)} end as detail, "
        "case when event in ('contact', 'digital') then "
        "case hash(number, 'channel') % 3 when 0 then 'phone' when 1 then 'web' else 'app' end "
        "end as channel from (select number, "
        f"'C' || lpad(cast(hash(number, 'who') % {max(events // EVENTS_OF_CUSTOMER, 1)} as varchar)"
        ", 9, '0') as customer_id, "
        f"case {' '.join(cases)} else 'signal' end as event, "
        f"timestamp '2026-01-01' + to_seconds(hash(number, 'when') % {DAYS * 86400}) "
        "as occurred_at from (select range as number, "
        f"(hash(range, 'kind') % 1000000) / 1e6 as drawn from range({events})))"
    )


def journeys() -> list[Journey]:
    """Return 20 journeys of three to five steps, each beginning with another kind of event."""
    found = []
    for number in range(JOURNEYS):
        kind, _, values = KINDS[1 + number % (len(KINDS) - 1)]
        anchor = Step(kind, (f"{kind} {number % values}",), (), 14)
        steps = [
            Step("contact", (f"contact {(number + place) % TOPICS}", f"contact {number % TOPICS}"))
            if place % 2
            else Step("contact")
            if number % 3
            else Step("digital", (f"digital {number % TYPES}",), ("app",))
            for place in range(1, 3 + number % 3)
        ]
        steps = [Step(step.event, step.details, step.channels, 7 + number) for step in steps]
        found.append(Journey(f"journey_{number}", (anchor, *steps)))
    return found


def find(connection: duckdb.DuckDBPyConnection) -> None:
    """Find the steps and write them, as ``journey_steps`` does."""
    # Reads while its rows are written.
    engine = DuckDBEngine(connection.cursor())
    found = steps_taken(
        engine, journeys(), read_kinds(engine, "events"), "events", datetime(2026, 1, 1)
    )
    connection.register("found", found)
    connection.execute("create or replace table steps as select * from found")


def sort(connection: duckdb.DuckDBPyConnection) -> None:
    """Sort the log, with nothing to find."""
    connection.execute(
        "create or replace table sorted as select customer_id, occurred_at, row_number() "
        "over (partition by customer_id order by occurred_at) as place from events"
    )


def main() -> None:
    """Measure at the number of events on the command line."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    threads = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    memory = sys.argv[3] if len(sys.argv) > 3 else "5GB"
    options = {"threads": threads, "preserve_insertion_order": False, "memory_limit": memory}
    with (
        tempfile.TemporaryDirectory(prefix="csat_benchmark_") as folder,
        duckdb.connect(str(Path(folder) / "journeys.duckdb"), config=options) as connection,
    ):
        draw_events(connection, events)
        print(f"## {JOURNEYS} journeys, {events:,} events, threads: {threads}\n")
        print("| step | wall s | CPU s |\n| --- | ---: | ---: |")
        for name, do in {
            "find all steps of all journeys": lambda: find(connection),
            "bare sort of the log by customer and time": lambda: sort(connection),
        }.items():
            wall, cpu, _ = timed(do)
            print(f"| {name} | {wall:.1f} | {cpu:.1f} |", flush=True)
        rows, starts, longest = connection.execute(
            "select count(*), count(*) filter (where step = 1), max(step) from steps"
        ).fetchone()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        print(
            f"\n{starts:,} journeys were started, {rows:,} steps taken, up to {longest} in one; "
            f"{peak:.1f} GB at most."
        )


if __name__ == "__main__":
    main()
