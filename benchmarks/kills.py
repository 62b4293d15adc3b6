"""Kill -9 of the daily command at random moments: what readers see, and what the next run makes.

    python benchmarks/kills.py 20 1000 120

simulates so many customers and days, scores all days but the last in a first run, and then does the
run of the last day again and again from the same state: once undisturbed, then killed at a random
moment, 20 times. After each kill the published file must hold every mart as it was before or
as it is after, and the next run must end in the same marts as the undisturbed one: compared by a
hash of every published table. Prints a table in Markdown; exits with 1 if anything differs.
Everything is written to a temporary folder (TMPDIR says where).
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
from staging import END_DATE, split_last_day

from csat.project import project_root

SEED = 1
#: They tell when and where, not what.
OF_THE_PUBLICATION = ("publication", "history_files")


class Run:
    """Daily runs of a company in a folder: the build file, what is published, the log."""

    def __init__(self, folder: Path, tables: Path):
        self.folder = folder
        self.published = folder / "csat.duckdb"
        self.environment = {
            **os.environ,
            "CSAT_PROJECT_DIR": str(project_root()),
            "CSAT_SOURCE": str(tables),
            "CSAT_BUILD_FILE": str(folder / "csat_build.duckdb"),
            "CSAT_PUBLISHED_FILE": str(self.published),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
        }

    def start(self) -> subprocess.Popen:
        """Start the daily command; what it says goes to a file."""
        with (self.folder / "said").open("a") as said:
            return subprocess.Popen(
                [str(Path(sys.executable).parent / "csat"), "run"],
                env=self.environment,
                stdout=said,
                stderr=said,
            )

    def finish(self) -> float:
        """Do a whole run and return its seconds."""
        start = time.monotonic()
        if self.start().wait() != 0:
            raise SystemExit((self.folder / "said").read_text())
        return time.monotonic() - start

    def killed_after(self, seconds: float) -> bool:
        """Start a run and kill it; return whether it had not ended before."""
        process = self.start()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return True
        return False

    def hashes(self) -> dict[str, tuple]:
        """Return rows and a hash of each published table."""
        with duckdb.connect(str(self.published), read_only=True) as connection:
            names = connection.execute(
                "select table_schema || '.' || table_name from information_schema.tables "
                "where table_name not in $1 order by 1",
                [list(OF_THE_PUBLICATION)],
            ).fetchall()
            return {
                name: connection.execute(
                    f"select count(*), cast(sum(hash(row_of)) as varchar) from {name} as row_of"
                ).fetchone()
                for (name,) in names
            }


def copy_of(state: Path, work: Path) -> None:
    """Put a state into the folder of runs, at the same place: published views name their files."""
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(state, work)


def differing(found: dict, expected: dict) -> list[str]:
    """Return the tables that are not the same in both."""
    return sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))


def main() -> None:
    """Measure what the command line names."""
    kills, customers, days = map(int, sys.argv[1:] or ["20", "1000", "120"])
    with tempfile.TemporaryDirectory(prefix="csat_benchmark_") as folder:
        base = Path(folder)
        tables, added, work, state = (base / name for name in ("tables", "added", "work", "state"))
        simulate(base / "company", customers, days)
        split_last_day(base / "company", tables, added)
        work.mkdir()
        run = Run(work, tables)
        print(f"First run: {run.finish():.0f} s.")
        before = run.hashes()
        for file in added.glob("*/*.parquet"):
            file.rename(tables / file.parent.name / file.name)
        work.rename(state)
        copy_of(state, work)
        seconds = run.finish()
        after = run.hashes()
        changed = differing(before, after)
        print(f"Undisturbed run: {seconds:.0f} s, {len(changed)} of {len(after)} tables differ.\n")
        print("| killed after s | readers see | next run s | tables that differ after it |")
        print("| ---: | --- | ---: | ---: |")
        is_sound = True
        moments = random.Random(SEED)
        for _ in range(kills):
            moment = moments.uniform(0, seconds)
            copy_of(state, work)
            was_killed = run.killed_after(moment)
            found = run.hashes()
            seen = "before" if found == before else "after" if found == after else "MIXED"
            next_seconds = run.finish()
            wrong = differing(run.hashes(), after)
            ended = "" if was_killed else " (had ended)"
            print(
                f"| {moment:.1f}{ended} | {seen} | {next_seconds:.0f} | {', '.join(wrong) or 0} |"
            )
            is_sound = is_sound and seen != "MIXED" and not wrong
    sys.exit(0 if is_sound else 1)


def simulate(folder: Path, customers: int, days: int) -> None:
    """Write a company."""
    subprocess.run(
        [
            *(str(Path(sys.executable).parent / "csat"), "simulate"),
            *("--customers", str(customers), "--days", str(days), "--seed", str(SEED)),
            *("--end-date", str(END_DATE), "--out", str(folder)),
        ],
        check=True,
        stderr=subprocess.DEVNULL,
    )


if __name__ == "__main__":
    main()
