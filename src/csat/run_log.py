"""The log of daily runs: a small SQLite file, which can be read while a run writes it.

Each step is a row that is written when it begins and completed when it ends, so that a run that
was killed is seen: its last rows have no end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

#: What became of a step. ``KILLED`` is written by the next run, for one that could not.
RUNNING, SUCCEEDED, FAILED, REFUSED, STOPPED, KILLED = (
    "running",
    "succeeded",
    "failed",
    "data refused",
    "stopped",
    "killed",
)
#: The row of the run as a whole.
WHOLE_RUN = "run"
KILLED_MESSAGE = "the process ended without a word: it was killed, or the machine stopped"


@dataclass(frozen=True)
class LoggedStep:
    """A row of the log; times are in UTC."""

    run_id: str
    step: str
    started_at: datetime
    ended_at: datetime | None
    status: str
    message: str

    @property
    def seconds(self) -> float | None:
        """How long the step took; nothing where its end is not known."""
        return None if self.ended_at is None else (self.ended_at - self.started_at).total_seconds()


class RunLog:
    """The log in a file."""

    def __init__(self, file: Path):
        self.file = file

    def begin(self, run_id: str, step: str) -> None:
        """Write that a step has begun."""
        with self._connection() as connection:
            connection.execute(
                "insert into runs (run_id, step, started_at, status, message) "
                "values (?, ?, ?, ?, '')",
                (run_id, step, _now(), RUNNING),
            )

    def end(self, run_id: str, step: str, status: str, message: str = "") -> None:
        """Write how a step has ended."""
        with self._connection() as connection:
            connection.execute(
                "update runs set ended_at = ?, status = ?, message = ? "
                "where run_id = ? and step = ?",
                (_now(), status, message, run_id, step),
            )

    def mark_killed(self) -> list[str]:
        """Write of steps without an end that they were killed, and return their runs.

        Only for who holds the lock of runs: nobody else can be running.
        """
        with self._connection() as connection:
            killed = connection.execute(
                "update runs set status = ?, message = ? where status = ? returning run_id",
                (KILLED, KILLED_MESSAGE, RUNNING),
            ).fetchall()
        return sorted({run_id for (run_id,) in killed})

    def steps(self, last_runs: int) -> list[LoggedStep]:
        """Return the steps of the last runs, the oldest first."""
        if not self.file.exists():
            return []
        with self._connection() as connection:
            rows = connection.execute(
                "select run_id, step, started_at, ended_at, status, message from runs "
                "where run_id in (select run_id from runs group by run_id "
                "order by min(number) desc limit ?) order by number",
                (last_runs,),
            ).fetchall()
        return [
            LoggedStep(run_id, step, _time(started), ended and _time(ended), status, message)
            for run_id, step, started, ended, status, message in rows
        ]

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.file, timeout=30)
        try:
            with connection:
                connection.execute(
                    "create table if not exists runs (number integer primary key, run_id text not "
                    "null, step text not null, started_at text not null, ended_at text, "
                    "status text not null, message text not null)"
                )
                yield connection
        finally:
            connection.close()


def _now() -> str:
    return datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
