"""Readers under fire: processes query the published marts while publication follows publication.

    python benchmarks/readers.py warehouse/csat_build.duckdb
    python benchmarks/readers.py warehouse/csat_build.duckdb 20 4

copies a build file that a whole, green build has left, changes scores in the copy and publishes
it, 20 times, while 4 processes read: half of them as pages do, half as tools that open the file for
each query. Each read asks three marts and ``published_at`` in one query, and is compared with what
that publication holds. Prints counts in Markdown; exits with 1 if a read failed or was mixed.
Everything is written to a temporary folder (TMPDIR says where).
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import duckdb

from csat.project import project_root
from csat.published_file import PublishedFile
from csat.publishing import publish, publishing_of

LAST_DAY = "(select max(score_date) from marts.fct_base_csat_daily)"
#: What a read sees of a publication. Each part changes with every publication.
READ = (
    "select published_at, "
    "(select sum(csat_score) from marts.fct_customer_csat_current) as customers, "
    "(select sum(csat_score_upper) from marts.fct_customer_csat_daily "
    f"where score_date = {LAST_DAY}) as history, "
    "(select max(csat_estimate) from marts.fct_base_csat_daily) as base, "
    "(select count(*) from marts.fct_customer_csat_daily) as history_rows "
    "from monitoring.publication"
)
#: Sums of doubles depend on their order.
DIGITS = 6
#: Between two reads of a reader: on two cores, four that never rest leave none to the publisher.
PAUSE_SECONDS = 0.5
CHANGES = (
    "update marts.fct_customer_csat_current set csat_score = csat_score + 0.001",
    "update marts.fct_base_csat_daily set csat_estimate = csat_estimate + 0.001",
    "update intermediate.int_customer_csat_history set interval_half_width = "
    f"interval_half_width + 0.0001 where score_date = {LAST_DAY}",
    f"update intermediate.int_score_checksums set checksum = checksum || '+' "
    f"where score_date = {LAST_DAY}",
)


def seen_of(row: tuple) -> tuple:
    """Return what a read has seen, but for the last digits."""
    return (row[0], *(round(value, DIGITS) for value in row[1:]))


def read_until_done(file: str, opens_each_time: bool, done, answers) -> None:
    """Read until told to stop; hand back what was seen, what failed, and how long reads took."""
    published = PublishedFile(file)
    seen: Counter = Counter()
    failures, seconds = [], []
    while not done.is_set():
        start = time.perf_counter()
        try:
            if opens_each_time:
                with duckdb.connect(file, read_only=True) as connection:
                    row = connection.execute(READ).fetchone()
            else:
                row = tuple(published.query(READ).to_pylist()[0].values())
            seen[seen_of(row)] += 1
        except Exception as error:
            failures.append(repr(error))
        seconds.append(time.perf_counter() - start)
        done.wait(PAUSE_SECONDS)
    answers.put((dict(seen), failures, seconds))


def publish_next(build_file: Path, file: Path) -> tuple[float, tuple]:
    """Change the build file, publish it, and return the seconds and what the publication holds."""
    with duckdb.connect(str(build_file)) as build:
        for change in CHANGES:
            build.execute(change)
        (request,) = build.execute("select request from monitoring.publication").fetchone()
        publishing = publishing_of(json.loads(request), project_root())
        start = time.perf_counter()
        (row,) = publish(build, publishing, file).to_pylist()
        seconds = time.perf_counter() - start
    if not row["is_published"]:
        raise SystemExit(row["refusal"])
    return seconds, seen_of(tuple(PublishedFile(file).query(READ).to_pylist()[0].values()))


def main() -> None:
    """Measure what the command line names."""
    build_file = Path(sys.argv[1] if len(sys.argv) > 1 else "warehouse/csat_build.duckdb")
    cycles, processes = map(int, sys.argv[2:4] or ["20", "4"])
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="csat_benchmark_") as folder:
        copy, file = Path(folder, build_file.name), Path(folder, "published", "csat.duckdb")
        shutil.copyfile(build_file, copy)
        first_seconds, first = publish_next(copy, file)
        published, taken = {first[0]: first}, []
        done, answers = context.Event(), context.Queue()
        readers = [
            context.Process(
                target=read_until_done, args=(str(file), number % 2 == 0, done, answers)
            )
            for number in range(processes)
        ]
        for reader in readers:
            reader.start()
        for _ in range(cycles):
            seconds, holds = publish_next(copy, file)
            published[holds[0]] = holds
            taken.append(seconds)
            print(f"published in {seconds:.1f} s", file=sys.stderr, flush=True)
        done.set()
        found = [answers.get() for _ in readers]
        for reader in readers:
            reader.join()
    is_sound = report(found, published, first_seconds, taken)
    sys.exit(0 if is_sound else 1)


def report(found: list, published: dict, first_seconds: float, taken: list[float]) -> bool:
    """Print what readers saw, and return whether all of it was whole."""
    print("| reader | reads | failed | mixed | publications seen | median read s | longest s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    is_sound = True
    for number, (seen, failures, seconds) in enumerate(found):
        mixed = sum(count for row, count in seen.items() if published.get(row[0]) != row)
        kind = "opens the file each time" if number % 2 == 0 else "as pages do"
        print(
            f"| {number + 1}, {kind} | {sum(seen.values()) + len(failures):,} | {len(failures)} "
            f"| {mixed} | {len({row[0] for row in seen})} | {statistics.median(seconds):.2f} "
            f"| {max(seconds):.2f} |"
        )
        for failure in failures[:3]:
            print(f"  {failure}", file=sys.stderr)
        is_sound = is_sound and not failures and not mixed
    print(
        f"\n{len(taken)} publications of {statistics.median(taken):.1f} s each (median), after a "
        f"first one of {first_seconds:.1f} s that wrote the whole history."
    )
    return is_sound


if __name__ == "__main__":
    main()
