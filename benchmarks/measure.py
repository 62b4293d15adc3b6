"""Running a command and seeing what it cost."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_POLL_SECONDS = 0.1
_KILOBYTE = 1024
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Sample:
    """A look at a running command and its children: seconds since 1970, CPU so far, memory."""

    time: float
    cpu_seconds: float
    gigabytes: float


@dataclass(frozen=True)
class Cost:
    """What a command cost, its children included; memory is the largest sum seen at a moment."""

    wall_seconds: float
    cpu_seconds: float
    peak_gigabytes: float
    samples: tuple[Sample, ...] = ()

    def between(self, start: float, end: float) -> Cost:
        """Return what was spent from one moment to another, in seconds since 1970."""
        before = [sample for sample in self.samples if sample.time <= start]
        inside = [sample for sample in self.samples if start <= sample.time <= end]
        if not inside:
            return Cost(end - start, 0.0, 0.0)
        first = before[-1] if before else inside[0]
        return Cost(
            wall_seconds=end - start,
            cpu_seconds=inside[-1].cpu_seconds - first.cpu_seconds,
            peak_gigabytes=max(sample.gigabytes for sample in inside),
        )


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
    watch = _Watch(process.pid)
    watch.start()
    times_before = os.times()
    output, _ = process.communicate()
    wall = time.monotonic() - start
    times = os.times()
    watch.stop()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{output}")
    cpu = (times.children_user - times_before.children_user) + (
        times.children_system - times_before.children_system
    )
    samples = tuple(watch.samples)
    return Cost(wall, cpu, max((s.gigabytes for s in samples), default=0.0), samples)


class _Watch(threading.Thread):
    """Watches CPU and memory of a process and its descendants through /proc."""

    def __init__(self, process_id: int):
        super().__init__(daemon=True)
        self._process_id = process_id
        self._stopped = threading.Event()
        self.samples: list[Sample] = []

    def run(self) -> None:
        while not self._stopped.wait(_POLL_SECONDS):
            processes = _tree(self._process_id)
            self.samples.append(
                Sample(
                    time.time(),
                    sum(map(_cpu_seconds, processes)),
                    sum(map(_resident_kilobytes, processes)) / _KILOBYTE**2,
                )
            )

    def stop(self) -> None:
        self._stopped.set()
        self.join()


def _tree(process_id: int) -> list[int]:
    found = [process_id]
    for parent in found:
        # Processes and threads may end meanwhile.
        with suppress(OSError):
            for children in Path(f"/proc/{parent}/task").glob("*/children"):
                with suppress(OSError):
                    found += [int(child) for child in children.read_text().split()]
    return found


def _cpu_seconds(process_id: int) -> float:
    try:
        fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    # User and system time, of the process and of its ended children.
    return sum(map(int, fields[11:15])) / _TICKS_PER_SECOND


def _resident_kilobytes(process_id: int) -> int:
    try:
        for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0
