"""`make build` says in one sentence that its database cannot be opened."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
from harness import CHECKOUT


def check(build_file: Path) -> subprocess.CompletedProcess[str]:
    """Run the command as make does."""
    return subprocess.run(
        [Path(sys.executable).with_name("csat"), "check-build-file"],
        env={**os.environ, "CSAT_PROJECT_DIR": str(CHECKOUT), "CSAT_BUILD_FILE": str(build_file)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_held_file_is_one_sentence_with_the_holder(tmp_path: Path):
    build_file = tmp_path / "build.duckdb"
    with duckdb.connect(str(build_file)):
        process = check(build_file)

    assert process.returncode == 1
    assert "build.duckdb cannot be opened: let the run or the reader that holds it end" in (
        process.stderr
    )
    assert str(os.getpid()) in process.stderr
    assert "Traceback" not in process.stderr
    assert check(build_file).returncode == 0


def test_a_missing_folder_is_one_sentence_and_a_new_file_is_not_left_behind(tmp_path: Path):
    assert "CSAT_BUILD_FILE" in check(tmp_path / "nowhere" / "build.duckdb").stderr
    assert check(tmp_path / "build.duckdb").returncode == 0
    assert list(tmp_path.iterdir()) == []
