"""The example for cron mails what somebody has to look at, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from csat.project import project_root

CRONTAB = project_root() / "examples" / "schedulers" / "crontab"
FIELDS_OF_TIME = 5


def program(path: Path, text: str) -> None:
    """Write a program of the shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("code", "mail"), [(0, None), (3, None), (1, "ended with 1,"), (11, "ended with 11,")]
)
def test_cron_mails_what_goes_wrong_and_alarms_but_not_another_run(
    tmp_path: Path, code: int, mail: str | None
):
    (line,) = [line for line in CRONTAB.read_text().splitlines() if line.startswith("30 ")]
    command = line.split(maxsplit=FIELDS_OF_TIME)[-1].replace("/srv/csat", str(tmp_path / "csat"))
    assert "%" not in command, "cron takes it for the end of the line"
    program(tmp_path / "csat" / ".venv" / "bin" / "csat", f'echo "asked to $@"; exit {code}')
    program(tmp_path / "bin" / "mail", f'cat > "{tmp_path}/mail"')
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    shell = shutil.which("sh")

    subprocess.run([shell, "-c", command], env={"PATH": path}, check=False)

    assert (tmp_path / "csat" / "logs" / "daily.log").read_text().startswith("asked to run")
    sent = tmp_path / "mail"
    if mail is None:
        assert not sent.exists()
    else:
        assert mail in sent.read_text()
