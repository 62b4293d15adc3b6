"""Running a command and seeing what it cost."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_POLL_SECONDS = 0.1
_KILOBYTE = 1024


@dataclass(frozen=True)
class Cost:
    """What a command cost, its children included; memory is the largest sum seen at a moment."""

    wall_seconds: float
    cpu_seconds: float
    peak_gigabytes: float


def run_measured(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end and return its cost.

    Raises
    ------
    RuntimeError
        If the command fails; the message holds what it printed.
    """
    start = time.monotonic()
    process = subprocess.Popen(
        command,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    peak = _Peak(process.pid)
    peak.start()
    times_before = os.times()
    output, _ = process.communicate()
    wall = time.monotonic() - start
    times = os.times()
    peak.stop()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{output}")
    cpu = (times.children_user - times_before.children_user) + (
        times.children_system - times_before.children_system
    )
    return Cost(wall, cpu, peak.gigabytes)


class _Peak(threading.Thread):
    """Watches the memory of a process and its descendants through /proc."""

    def __init__(self, process_id: int):
        super().__init__(daemon=True)
        self._process_id = process_id
        self._stopped = threading.Event()
        self.gigabytes = 0.0

    def run(self) -> None:
        while not self._stopped.wait(_POLL_SECONDS):
            kilobytes = sum(map(_resident_kilobytes, _tree(self._process_id)))
            self.gigabytes = max(self.gigabytes, kilobytes / _KILOBYTE**2)

    def stop(self) -> None:
        self._stopped.set()
        self.join()


def _tree(process_id: int) -> list[int]:
    found = [process_id]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in children.read_text().split()]
            except OSError:
                continue
    return found


def _resident_kilobytes(process_id: int) -> int:
    try:
        for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0
