"""Apache Superset under fire: its users query the published file while publications replace it.

    python benchmarks/superset_readers.py warehouse/csat_build.duckdb FILE URL
    python benchmarks/superset_readers.py warehouse/csat_build.duckdb FILE URL 20 4

FILE is the published file that `examples/superset/connect.py` has registered in the Superset at
URL; SUPERSET_PASSWORD is set as for that. A copy of the build file is changed and published to
FILE, 20 times, while 4 users ask again and again, each without a pause: one query over three marts
and ``published_at`` in SQL Lab, compared with what that publication holds, and the query of the
chart. Prints counts in Markdown; exits with 1 if one failed, was mixed, or was of a publication
that had been replaced before it was asked. FILE holds the last of them afterwards.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from readers import READ, publish_next, seen_of

sys.path.insert(0, str(Path(__file__).parents[1] / "examples" / "superset"))

from connect import CHART, DATABASE, Superset, chart_rows

#: Between two publications, so that users ask in between.
SECONDS_BETWEEN = 5


@dataclass
class User:
    """What one user was answered: when it was asked, what was seen, what failed."""

    seen: list[tuple[float, tuple]] = field(default_factory=list)
    charts: int = 0
    failures: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def ask(self, url: str, done: threading.Event) -> None:
        """Ask until told to stop."""
        superset = Superset(
            url, os.environ.get("SUPERSET_USER", "admin"), os.environ["SUPERSET_PASSWORD"]
        )
        (database,) = [
            one["id"] for one in superset.all_of("database") if one["database_name"] == DATABASE
        ]
        (chart,) = [one["id"] for one in superset.all_of("chart") if one["slice_name"] == CHART]
        while not done.is_set():
            asked = time.time()
            try:
                row = superset.rows(database, READ)[0]
                published_at = datetime.fromisoformat(row.pop("published_at"))
                self.seen.append((asked, seen_of((published_at, *row.values()))))
                self.charts += bool(chart_rows(superset, chart))
            except Exception as error:
                self.failures.append(repr(error))
            self.seconds.append(time.time() - asked)


def main() -> None:
    """Measure what the command line names."""
    build_file, file, url = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    cycles, number = map(int, sys.argv[4:6] or ["20", "4"])
    users, done = [User() for _ in range(number)], threading.Event()
    threads = [threading.Thread(target=user.ask, args=(url, done)) for user in users]
    with tempfile.TemporaryDirectory(prefix="csat_benchmark_") as folder:
        copy = Path(folder, build_file.name)
        shutil.copyfile(build_file, copy)
        # When readers could open each, and what it holds.
        published: list[tuple[float, tuple]] = []

        def publish_one() -> None:
            _, holds = publish_next(copy, file)
            published.append((file.stat().st_ctime, holds))
            print(f"published {holds[0]}", file=sys.stderr, flush=True)

        publish_one()
        for thread in threads:
            thread.start()
        for _ in range(cycles):
            time.sleep(SECONDS_BETWEEN)
            publish_one()
        time.sleep(SECONDS_BETWEEN)
        done.set()
        for thread in threads:
            thread.join()
    sys.exit(0 if report(users, published) else 1)


def report(users: list[User], published: list[tuple[float, tuple]]) -> bool:
    """Print what users saw, and return whether all of it was whole and of its time."""
    print("| user | answers | charts | failed | mixed | outdated | seen | median s | longest s |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    is_sound = True
    whole = {holds for _, holds in published}
    for place, user in enumerate(users, start=1):
        mixed = sum(row not in whole for _, row in user.seen)
        outdated = sum(
            any(moment < asked and holds[0] > row[0] for moment, holds in published)
            for asked, row in user.seen
        )
        print(
            f"| {place} | {len(user.seen)} | {user.charts} | {len(user.failures)} | {mixed} "
            f"| {outdated} | {len({row for _, row in user.seen})} "
            f"| {statistics.median(user.seconds):.2f} | {max(user.seconds):.2f} |"
        )
        for failure in user.failures[:3]:
            print(f"  {failure}", file=sys.stderr)
        is_sound = is_sound and not (user.failures or mixed or outdated)
    print(f"\n{len(published)} publications.")
    return is_sound


if __name__ == "__main__":
    main()
