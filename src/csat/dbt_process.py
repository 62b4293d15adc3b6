"""Running dbt in a process of its own; this package never imports it."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def run_dbt(
    project_root: Path,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    working_folder: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run dbt on the project and return the finished process with all that it printed.

    ``environment`` is laid over the environment of this process. Where the system can do so
    (Linux), dbt ends with this process even if that is killed; it would else hold the build file.
    Matrix products get one thread: models run side by side already.
    """
    command = [
        *(sys.executable, "-m", "dbt.cli.main", "--quiet", "--no-use-colors"),
        *arguments,
        *("--project-dir", str(project_root.absolute())),
        *("--profiles-dir", str(project_root.absolute())),
    ]
    return subprocess.run(
        command,
        env={"OPENBLAS_NUM_THREADS": "1", **os.environ, **environment},
        cwd=working_folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        check=False,
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,
    )


def _end_with_parent() -> None:
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
