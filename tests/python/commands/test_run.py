"""The daily run: alone, logged even where it is killed, and with an exit code for schedulers."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result
from harness import CHECKOUT

from csat import daily_run
from csat.cli import main
from csat.daily_run import (
    AnotherRunError,
    DataRefusedError,
    Step,
    lock_file,
    log_file,
    logged_steps,
    run_steps,
    wait_for_build_file,
)
from csat.data_check import DataCheck
from csat.file_lock import is_held
from csat.project import UserError
from csat.run_log import RunLog


@pytest.fixture
def build_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for a build file, which the commands know of."""
    monkeypatch.setenv("CSAT_PROJECT_DIR", str(CHECKOUT))
    monkeypatch.setenv("CSAT_BUILD_FILE", str(tmp_path / "build.duckdb"))
    monkeypatch.setenv("CSAT_PUBLISHED_FILE", str(tmp_path / "csat.duckdb"))
    return tmp_path / "build.duckdb"


def csat(*arguments: str) -> Result:
    """Run a command in this process, which saves the import of everything."""
    return CliRunner().invoke(main, arguments)


def start(build_file: Path, body: str) -> subprocess.Popen[str]:
    """Start a process that runs one step, and wait until it is in it."""
    script = f"""
    import subprocess, sys, time
    from pathlib import Path
    from csat.daily_run import Step, run_steps
    def do():
        print("in it", flush=True)
        {body}
        return ""
    run_steps([Step("build", do)], Path({str(build_file)!r}), lambda line: None)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "in it\n"
    return process


def statuses(build_file: Path) -> list[tuple[str, str]]:
    return [(step.step, step.status) for step in logged_steps(build_file, 10)]


def test_steps_are_told_and_logged(build_file: Path) -> None:
    told: list[str] = []
    run_steps([Step("one", lambda: "Well."), Step("two", lambda: "")], build_file, told.append)

    assert told[0] == "[1/2] one …"
    assert told[1] == "[1/2] one: done in 0 s. Well."
    assert statuses(build_file) == [
        ("run", "succeeded"),
        ("one", "succeeded"),
        ("two", "succeeded"),
    ]
    assert logged_steps(build_file, 1)[1].message == "Well."


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (UserError("a test failed"), 1, "failed"),
        (DataRefusedError("mostly refused"), 4, "data refused"),
    ],
)
def test_step_that_fails_ends_the_run_and_says_why(build_file, error, code, status) -> None:
    def fail() -> str:
        raise error

    reached: list[str] = []
    steps = [Step("build", fail), Step("publish", lambda: reached.append("published") or "")]
    with pytest.raises(UserError) as raised:
        run_steps(steps, build_file, reached.append)

    assert raised.value.exit_code == code
    assert reached == ["[1/2] build …", "[1/2] build: failed after 0 s"]
    assert statuses(build_file) == [("run", status), ("build", status)]
    assert logged_steps(build_file, 1)[1].message == str(error)


def test_second_run_is_refused_while_one_is_under_way_and_says_whose(build_file: Path) -> None:
    process = start(build_file, "time.sleep(60)")
    try:
        for command in ("run", "publish"):
            second = csat(command)
            assert second.exit_code == 3, second.stderr
            assert f"A run is under way: process {process.pid} (" in second.stderr
            assert "Traceback" not in second.stderr
        assert ("build", "running") in statuses(build_file)
    finally:
        process.kill()
        process.wait()


def test_killed_run_gives_its_lock_back_and_is_logged_as_killed(build_file: Path) -> None:
    process = start(build_file, "time.sleep(60)")
    with pytest.raises(AnotherRunError):
        run_steps([], build_file, print)
    process.send_signal(signal.SIGKILL)
    process.wait()

    assert not is_held(lock_file(build_file))
    assert statuses(build_file) == [("run", "killed"), ("build", "killed")]
    listed = csat("runs")
    assert listed.exit_code == 0, listed.stderr
    assert listed.stdout.count("killed") >= 2
    told: list[str] = []
    run_steps([Step("build", lambda: "")], build_file, told.append)
    assert "was killed; this one makes good what it left." in told[0]
    assert [step.status for step in RunLog(log_file(build_file)).steps(10)] == [
        "killed",
        "killed",
        "succeeded",
        "succeeded",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_dbt_ends_with_a_run_that_is_killed(build_file: Path, tmp_path: Path) -> None:
    """A stand-in for dbt tells its number; one that went on would hold the build file."""
    (tmp_path / "dbt" / "cli").mkdir(parents=True)
    for folder in ("dbt", "dbt/cli"):
        (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "dbt" / "cli" / "main.py").write_text(
        f"import os, time\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
        "time.sleep(60)\n"
    )
    process = start(
        build_file,
        "from csat.dbt_process import run_dbt; folder = "
        f"{str(tmp_path)!r}; run_dbt(Path(folder), [], {{'PYTHONPATH': folder}}, Path(folder))",
    )
    number = tmp_path / "pid"
    deadline = time.monotonic() + 60
    while not (number.exists() and number.read_text()) and time.monotonic() < deadline:
        time.sleep(0.01)
    child = int(number.read_text())
    process.send_signal(signal.SIGKILL)
    process.wait()
    while _lives(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _lives(child)


def _lives(process_id: int) -> bool:
    status = Path(f"/proc/{process_id}/stat")
    try:
        # A process that has ended, and that nobody has asked about yet, is a zombie.
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_build_file_that_someone_opened_is_waited_for_and_its_holder_named(
    build_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daily_run, "_SECONDS_BETWEEN_TRIES", 0.1)
    script = (
        "import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); print('open', flush=True); "
        "sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(build_file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline() == "open\n"
    told: list[str] = []

    with pytest.raises(UserError, match=f"held by process {holder.pid}|, process {holder.pid}"):
        wait_for_build_file(CHECKOUT, time.monotonic() + 0.5, told.append)
    assert len(told) == 1
    assert f"is held by process {holder.pid} (" in told[0]
    assert "open only" in told[0]

    def end_holder(line: str) -> None:
        told.append(line)
        holder.communicate()

    wait_for_build_file(CHECKOUT, time.monotonic() + 30, end_holder)
    assert len(told) == 2
    duckdb.connect(str(build_file)).close()


def test_data_that_would_stop_the_build_are_refused_before_it(
    build_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        daily_run, "check_data", lambda root: DataCheck("All is wrong.", is_usable=False)
    )
    told: list[str] = []
    with pytest.raises(DataRefusedError):
        daily_run.daily_run(CHECKOUT, 0, told.append)
    assert "All is wrong." in told
    assert statuses(build_file) == [("run", "data refused"), ("check data", "data refused")]


def test_failed_build_says_which_test_stopped_the_publication(
    build_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        daily_run, "check_data", lambda root: DataCheck("", is_usable=True, summary="7 rows.")
    )
    monkeypatch.setattr(
        daily_run,
        "run_dbt",
        lambda *_, **__: subprocess.CompletedProcess(
            [], 1, "Failure in test x\nNothing was published, because x failed.\n"
        ),
    )
    told: list[str] = []
    with pytest.raises(
        UserError, match="readers keep what they have: Nothing was published, because x failed"
    ):
        daily_run.daily_run(CHECKOUT, 0, told.append)
    assert "[1/4] check data: done in 0 s. 7 rows." in told
    assert any("Failure in test x" in line for line in told)


def test_misuse_has_a_code_of_its_own(build_file: Path) -> None:
    assert csat("run", "--wait", "soon").exit_code == 2


def test_there_is_nothing_to_publish_list_or_roll_back_before_a_build(build_file: Path) -> None:
    publish = csat("publish")
    assert publish.exit_code == 1
    assert "is not there: run `make build`" in publish.stderr
    assert "is kept yet" in csat("generations").stdout
    assert "No daily run yet" in csat("runs").stdout
    back = csat("roll-back")
    assert back.exit_code == 1
    assert "No generation before" in back.stderr
