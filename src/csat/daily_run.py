"""The daily run: check the data, build and test, publish, tell the alarms. One command, one log."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from csat.alerts import as_text, read_open_alerts, write_files
from csat.data_check import check_data
from csat.dbt_process import run_dbt
from csat.file_lock import HeldError, held, holder_in_words, is_held
from csat.forgetting.suppression_list import require_removed
from csat.project import UserError, name_in_project
from csat.publishing import (
    build_file_of,
    last_publication,
    publication_in_words,
    published_file_of,
    require_build_file,
)
from csat.run_log import (
    FAILED,
    KILLED,
    KILLED_MESSAGE,
    REFUSED,
    RUNNING,
    STOPPED,
    SUCCEEDED,
    WHOLE_RUN,
    LoggedStep,
    RunLog,
)

#: Exit codes for schedulers, besides 1 for a failure and 2 for a misuse.
ANOTHER_RUN, DATA_REFUSED = 3, 4
#: Unit tests ask of the code, not of the day's data.
_BUILD = ("build", "--exclude-resource-type", "unit_test")
_SECONDS_BETWEEN_TRIES = 5.0
_HELD_BUILD_FILE = "Could not set lock on file"

Tell = Callable[[str], None]


class AnotherRunError(UserError):
    """A run is under way already."""

    exit_code = ANOTHER_RUN


class DataRefusedError(UserError):
    """The data are such that a build would stop, or leave out most of them."""

    exit_code = DATA_REFUSED


@dataclass(frozen=True)
class Step:
    """A part of the run: returns a sentence on what it did, raises ``UserError`` to stop all."""

    name: str
    do: Callable[[], str]


def lock_file(build_file: Path) -> Path:
    """Return the file that is locked while a run is under way."""
    return build_file.with_name(f"{build_file.stem}_run.lock")


def log_file(build_file: Path) -> Path:
    """Return the file of the log of runs."""
    return build_file.with_name(f"{build_file.stem}_runs.sqlite")


def daily_run(root: Path, wait_seconds: float, tell: Tell) -> int:
    """Do the daily job, and return the exit code of its alarms: 0, 10 or 11.

    Parameters
    ----------
    root
        The project.
    wait_seconds
        How long to wait for a build file that someone has opened.
    tell
        Takes each line for the screen.

    Raises
    ------
    AnotherRunError
        If a run is under way.
    DataRefusedError
        If the data cannot be built from.
    UserError
        If a step failed, or customers are half forgotten; what readers see is as it was.
    """
    require_removed(root)
    build_file = build_file_of(root)
    alarms: list[int] = []
    steps = [
        Step("check data", lambda: _check_data(root, tell)),
        Step("build", lambda: _build(root, wait_seconds, tell)),
        Step("publish", lambda: _published(root, build_file)),
        Step("alarms", lambda: _alarms(root, alarms, tell)),
    ]
    run_steps(steps, build_file, tell)
    return alarms[0]


def run_steps(steps: Sequence[Step], build_file: Path, tell: Tell) -> None:
    """Run steps one after the other, alone and logged.

    Raises
    ------
    AnotherRunError
        If a run of the same build file is under way.
    UserError
        If a step failed.
    """
    with only_run(build_file):
        log = RunLog(log_file(build_file))
        for killed in log.mark_killed():
            tell(f"The run {killed} was killed; this one makes good what it left.")
        run_id = f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S}-{os.getpid()}"
        with_all = Step(WHOLE_RUN, lambda: _run_each(steps, log, run_id, tell))
        _logged(with_all, log, run_id)


@contextmanager
def only_run(build_file: Path) -> Iterator[None]:
    """Hold the lock of runs, which the system gives back however the process ends.

    Raises
    ------
    AnotherRunError
        If another process holds it.
    """
    try:
        # Who lists the runs looks at the lock for a moment.
        with held(lock_file(build_file), wait_seconds=1):
            yield
    except HeldError as error:
        raise AnotherRunError(f"A run is under way: {error}. Nothing was done.") from error


def logged_steps(build_file: Path, last_runs: int) -> list[LoggedStep]:
    """Return the steps of the last runs; one without an end is killed if no run is under way."""
    is_running = is_held(lock_file(build_file))
    return [
        step
        if step.status != RUNNING or is_running
        else LoggedStep(step.run_id, step.step, step.started_at, None, KILLED, KILLED_MESSAGE)
        for step in RunLog(log_file(build_file)).steps(last_runs)
    ]


def _run_each(steps: Sequence[Step], log: RunLog, run_id: str, tell: Tell) -> str:
    for number, step in enumerate(steps, start=1):
        place = f"[{number}/{len(steps)}] {step.name}"
        tell(f"{place} …")
        start = time.monotonic()
        try:
            message = _logged(step, log, run_id)
        except UserError:
            tell(f"{place}: failed after {time.monotonic() - start:.0f} s")
            raise
        tell(f"{place}: done in {time.monotonic() - start:.0f} s. {message}")
    return ""


def _logged(step: Step, log: RunLog, run_id: str) -> str:
    log.begin(run_id, step.name)
    try:
        message = step.do()
    except DataRefusedError as error:
        log.end(run_id, step.name, REFUSED, str(error))
        raise
    except KeyboardInterrupt:
        log.end(run_id, step.name, STOPPED, "stopped from the keyboard")
        raise
    except BaseException as error:
        log.end(run_id, step.name, FAILED, str(error))
        raise
    log.end(run_id, step.name, SUCCEEDED, message)
    return message


def _check_data(root: Path, tell: Tell) -> str:
    check = check_data(root)
    if not check.is_usable:
        tell(check.report)
        raise DataRefusedError(
            "The data cannot be built from, for the reasons above; readers keep what they have."
        )
    return check.summary


def _build(root: Path, wait_seconds: float, tell: Tell) -> str:
    deadline = time.monotonic() + wait_seconds
    while True:
        wait_for_build_file(root, deadline, tell)
        process = run_dbt(root, _BUILD, {}, working_folder=root)
        # Someone may have opened it in the moment between.
        if _HELD_BUILD_FILE not in process.stdout or time.monotonic() >= deadline:
            break
    if process.returncode != 0:
        tell(process.stdout.strip())
        raise UserError(
            f"The build failed, and readers keep what they have: {_reason(process.stdout)} "
            "More is above and in logs/dbt.log."
        )
    return ""


def _reason(output: str) -> str:
    """Return the line that says why nothing was published, or the first one that is an error."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for sign in ("Nothing was published", "Error", ""):
        for line in lines:
            if sign in line:
                return line
    return "dbt said nothing."


def wait_for_build_file(root: Path, deadline: float, tell: Tell) -> None:
    """Wait until the build file can be opened.

    Raises
    ------
    UserError
        If someone holds it beyond the deadline, or it cannot be opened at all.
    """
    has_told = False
    while True:
        try:
            require_build_file(root)
        except UserError as error:
            holder = holder_in_words(str(error))
            if holder is None or time.monotonic() >= deadline:
                raise
            if not has_told:
                tell(
                    f"{name_in_project(root, build_file_of(root))} is held by {holder}: people and "
                    f"tools open only {name_in_project(root, published_file_of(root))}. Waiting."
                )
                has_told = True
            time.sleep(min(_SECONDS_BETWEEN_TRIES, max(0.0, deadline - time.monotonic())))
        else:
            return


def _published(root: Path, build_file: Path) -> str:
    """Tell what the build has published: it does so itself, as its last model."""
    row = last_publication(build_file, name_in_project(root, build_file))
    if not row["is_published"]:
        raise UserError(f"Nothing was published: {row['refusal']}.")
    return publication_in_words(root, row)


def _alarms(root: Path, exit_codes: list[int], tell: Tell) -> str:
    file = published_file_of(root)
    alerts = read_open_alerts(file, name_in_project(root, file))
    folder = root / "target" / "alerts"
    write_files(alerts, folder)
    exit_codes.append(alerts.exit_code)
    tell(as_text(alerts).rstrip())
    return f"Written to {name_in_project(root, folder)}."
