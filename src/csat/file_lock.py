"""Locks that the system gives back when a process ends, however it ends, and who holds a file."""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_POLL_SECONDS = 0.05


class HeldError(Exception):
    """Another process holds the lock; the message says which one, where that is known."""


@contextmanager
def held(file: Path, wait_seconds: float = 0) -> Iterator[None]:
    """Hold a lock file alone.

    The file stays, since one that is removed could be held by two. It tells the process that
    holds it, or held it last.

    Raises
    ------
    HeldError
        If another process, or another thread of this one, holds it for longer than
        ``wait_seconds``.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(descriptor, file, time.monotonic() + wait_seconds)
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        # Closing gives the lock back.
        os.close(descriptor)


def is_held(file: Path) -> bool:
    """Tell whether a process holds a lock file."""
    if not file.exists():
        return False
    descriptor = os.open(file, os.O_RDWR)
    try:
        return not _try_to_acquire(descriptor)
    finally:
        os.close(descriptor)


def process_in_words(process_id: int) -> str:
    """Return a process as ``process 1234 (duckdb warehouse/csat.duckdb)``."""
    command = _command_of(process_id)
    return f"process {process_id} ({command})" if command else f"process {process_id}"


def holder_in_words(message: str) -> str | None:
    """Return the process that DuckDB's message about a locked file names, or nothing."""
    found = re.search(r"\(PID (\d+)\)", message)
    return process_in_words(int(found.group(1))) if found else None


def _acquire(descriptor: int, file: Path, deadline: float) -> None:
    while not _try_to_acquire(descriptor):
        if time.monotonic() >= deadline:
            # What stands in it may be of a process before, in the moment between lock and note.
            noted = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            raise HeldError(
                process_in_words(int(noted)) if noted.isdigit() else f"whoever holds {file}"
            )
        time.sleep(_POLL_SECONDS)


def _try_to_acquire(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _command_of(process_id: int) -> str:
    try:
        words = Path(f"/proc/{process_id}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    command = b" ".join(word for word in words if word).decode(errors="replace")
    return command if len(command) <= 120 else command[:120] + " …"
