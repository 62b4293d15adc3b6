"""Readers in other processes see whole publications, one after the other, and never an error."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from datetime import datetime
from pathlib import Path

import duckdb

from csat.history_files import HistoryMart
from csat.published_file import PublishedFile
from csat.publishing import Publishing, publish

READERS, CYCLES = 4, 6
#: Between two reads of a reader, so that four of them leave the publisher a core.
PAUSE_SECONDS = 0.05
DAILY = HistoryMart("marts", "daily", ("marts", "checksums"), "customer_id", 0, 4)
COMPANY = Publishing([("marts", "state"), ("marts", "daily")], "company", [DAILY])
#: The number of the publication as two tables, and the files of one, have it.
READ = (
    "select published_at, (select min(number) from marts.state) as first_table, "
    "(select max(number) from marts.state) as last_row, "
    "(select max(number) from marts.daily) as files from monitoring.publication"
)


def read_until_done(file: str, opens_each_time: bool, started, done, answers) -> None:
    """Read again and again, as a page does or as a tool that opens the file each time."""
    published = PublishedFile(file)
    seen: Counter = Counter()
    failures = []
    while not done.is_set():
        try:
            if opens_each_time:
                with duckdb.connect(file, read_only=True) as connection:
                    row = connection.execute(READ).fetchone()
            else:
                row = tuple(published.query(READ).to_pylist()[0].values())
            seen[row] += 1
        except Exception as error:
            failures.append(repr(error))
        started.set()
        done.wait(PAUSE_SECONDS)
    answers.put((dict(seen), failures))


def publish_number(build: duckdb.DuckDBPyConnection, number: int, file: Path) -> datetime:
    """Publish a generation that has its number in all that it holds."""
    build.execute(
        f"create or replace table marts.state as select {number} as number from range(5000); "
        "create or replace table marts.history as select 'c' || i as customer_id, "
        f"date '2026-03-01' + (i % 3)::int as score_date, {number} as number "
        "from range(3000) as customers(i); create or replace view marts.daily as "
        "select * from marts.history; create or replace table marts.checksums as select "
        f"score_date, count(*) as scored_rows, '{number}' as checksum from marts.history group by 1"
    )
    (row,) = publish(build, COMPANY, file).to_pylist()
    assert row["is_published"], row["refusal"]
    return row["published_at"]


def test_no_read_fails_or_mixes_publications(tmp_path: Path) -> None:
    file = tmp_path / "csat.duckdb"
    build = duckdb.connect(str(tmp_path / "build.duckdb"))
    build.execute("create schema marts")
    published = {publish_number(build, 0, file): 0}
    context = multiprocessing.get_context("spawn")
    done, answers = context.Event(), context.Queue()
    starts = [context.Event() for _ in range(READERS)]
    readers = [
        context.Process(
            target=read_until_done, args=(str(file), number % 2 == 0, started, done, answers)
        )
        for number, started in enumerate(starts)
    ]
    for reader in readers:
        reader.start()
    for started in starts:
        assert started.wait(60)
    for number in range(1, CYCLES + 1):
        published[publish_number(build, number, file)] = number
    done.set()
    found = [answers.get(timeout=60) for _ in readers]
    for reader in readers:
        reader.join()

    assert [failures for _, failures in found] == [[]] * READERS
    for seen, _ in found:
        for published_at, *numbers in seen:
            assert numbers == [published[published_at]] * 3
    assert len({row[0] for seen, _ in found for row in seen}) > 2
