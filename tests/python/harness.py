"""Runs dbt as a user would, on a private copy of the project.

A test gets a `Workspace`: the project's files, its own source folder, databases, target and
logs. Nothing of the checkout is written, and tests run side by side. The project is parsed once
per session; every workspace starts with a copy of that parse, so that dbt parses only what a
test changes.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import multiprocessing
import os
import pprint
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

CHECKOUT = Path(__file__).resolve().parents[2]
COPIED = (
    "dbt_project.yml",
    "profiles.yml",
    "selectors.yml",
    "models",
    "python_models",
    "macros",
    "seeds",
    "analyses",
    "tests/generic",
    "tests/data",
)
# The package is installed from the checkout; the demo is only read.
LINKED = ("src", "data")
PARSED = Path("target", "partial_parse.msgpack")
CONNECTION = Path("target", "connection.json")
WITHOUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
WITHOUT_TESTS = ("--exclude-resource-type", "test", *WITHOUT_UNIT_TESTS)
STAGING = ("+stg_rejected_records", "path:models/staging")


@dataclass(frozen=True)
class Outcome:
    """What a user sees of a run."""

    succeeded: bool
    output: str
    exit_code: int

    @property
    def errors(self) -> str:
        """What the output says after the run was completed."""
        return self.output.partition("Completed with")[2] or self.output


@dataclass
class Workspace:
    """A private copy of the project with a source folder ``company``."""

    folder: Path
    environment: dict[str, str | None] = field(default_factory=dict)

    @property
    def source(self) -> Path:
        """Folder of the company's tables."""
        return self.folder / "company"

    @property
    def build_file(self) -> Path:
        """The build database."""
        return self.folder / "warehouse" / "csat_build.duckdb"

    def variables(self) -> dict[str, str]:
        """Return the environment variables of a run; paths stand relative to the project.

        What ``environment`` has as nothing is not set.
        """
        variables = {
            "CSAT_SOURCE": "company",
            "CSAT_BUILD_FILE": "warehouse/csat_build.duckdb",
            "CSAT_PUBLISHED_FILE": "warehouse/csat.duckdb",
            "DBT_TARGET_PATH": "target",
            "DBT_LOG_PATH": str(self.folder / "logs"),
            **self.environment,
        }
        return {name: value for name, value in variables.items() if value is not None}

    def dbt(
        self, *arguments: str, log_level: str = "none", manifest: object | None = None
    ) -> Outcome:
        """Run a dbt command in this process, which saves the import of dbt.

        Unless asked for, nothing is written to its log, which saves a tenth of the time, and
        builds and runs write no artefacts (``--write-json``), which saves a sixth. A build waits
        for the same tests as ever, but of the edges that make it wait dbt lays only those that are
        needed, which saves half a second. With a manifest, as ``parsed`` returns it, nothing is
        parsed anew, whatever the vars are.
        """
        import quicker_dbt
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        quicker_dbt.apply()
        lines: list[str] = []

        def listen(event: object) -> None:
            if event.info.level in ("info", "warn", "error"):  # type: ignore[attr-defined]
                lines.append(event.info.msg)  # type: ignore[attr-defined]

        places = ["--project-dir", str(self.folder), "--profiles-dir", str(self.folder)]
        if arguments[0] in ("build", "run", "test") and "--write-json" not in arguments:
            arguments = (*arguments, "--no-write-json")
        if arguments[0] == "build":
            arguments = (*arguments, "--use-fast-test-edges")
        with _environment(self.variables()), contextlib.chdir(self.folder):
            result = dbtRunner(manifest=manifest, callbacks=[listen]).invoke(  # type: ignore[arg-type]
                ["--quiet", "--log-level-file", log_level, *arguments, *places]
            )
            DuckDBConnectionManager.close_all_connections()
        if result.exception:
            lines.append(str(result.exception))
        return Outcome(result.success, "\n".join(lines), 0 if result.success else 1)

    def parsed(self, *arguments: str) -> object:
        """Return dbt's manifest of the project.

        Runs with other vars can do with it where no configuration in YAML reads these vars.
        """
        from dbt.cli.main import dbtRunner

        places = ["--project-dir", str(self.folder), "--profiles-dir", str(self.folder)]
        with _environment(self.variables()), contextlib.chdir(self.folder):
            return dbtRunner().invoke(["--quiet", "parse", *arguments, *places]).result

    def build(self, *arguments: str) -> Outcome:
        """Run `dbt build` as `make build` does: without the unit tests, which need no data.

        These run once a session, with ``built_company``.
        """
        return self.dbt("build", *WITHOUT_UNIT_TESTS, *arguments)

    def dbt_process(
        self, *arguments: str, working_directory: Path | None = None, names_project: bool = True
    ) -> Outcome:
        """Run a dbt command in a process of its own, from another folder if need be."""
        process = self.start_dbt(
            *arguments, working_directory=working_directory, names_project=names_project
        )
        output, _ = process.communicate(timeout=300)
        return Outcome(process.returncode == 0, output, process.returncode)

    def start_dbt(
        self, *arguments: str, working_directory: Path | None = None, names_project: bool = True
    ) -> subprocess.Popen[str]:
        """Start a dbt command in a process of its own."""
        places = ["--project-dir", str(self.folder), "--profiles-dir", str(self.folder)]
        return subprocess.Popen(
            [
                str(Path(sys.executable).with_name("dbt")),
                *arguments,
                *(places if names_project else []),
            ],
            env={**os.environ, **self.variables(), "NO_COLOR": "1"},
            cwd=working_directory or self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def kill_dbt_when(self, line: str, times: int, *arguments: str) -> bool:
        """Run dbt and end it with SIGKILL once its log has held a line some times.

        Return whether it was killed, and not finished before.
        """
        log = self.folder / "logs" / "dbt.log"
        log.unlink(missing_ok=True)
        # A server that has imported dbt forks each run, which saves the import.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["dbt.cli.main", "dbt.adapters.duckdb"])
        process = context.Process(target=self.dbt, args=arguments, kwargs={"log_level": "debug"})
        process.start()
        while process.is_alive():
            if log.exists() and log.read_text(errors="replace").count(line) >= times:
                os.kill(process.pid, signal.SIGKILL)
                break
            time.sleep(0.01)
        process.join()
        return process.exitcode == -signal.SIGKILL

    def stage(self, *arguments: str) -> Outcome:
        """Build the seeds and staging models, without tests; fail where that fails."""
        outcome = self.try_stage(*arguments)
        assert outcome.succeeded, outcome.errors
        return outcome

    def try_stage(self, *arguments: str) -> Outcome:
        """Build the seeds and staging models, without tests."""
        return self.dbt("build", "--select", *STAGING, *WITHOUT_TESTS, *arguments)

    def query(self, sql: str) -> list[dict]:
        """Run a query on the build database and return its rows."""
        with duckdb.connect(str(self.build_file), read_only=True) as connection:
            return connection.execute(sql).to_arrow_table().to_pylist()

    def values(self, sql: str) -> list:
        """Run a query on the build database and return its first column."""
        return [next(iter(row.values())) for row in self.query(sql)]

    def execute(self, sql: str) -> None:
        """Run a statement on the build database, as a company's loader would."""
        self.build_file.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(self.build_file)) as connection:
            connection.execute(sql)

    def copy(self, folder: Path) -> Workspace:
        """Return a copy of the workspace with everything that was built in it.

        Deliveries keep their paths, because these stand relative to the project.
        """
        shutil.copytree(self.folder, folder, symlinks=True)
        adopt_parse(self.folder, folder)
        return Workspace(folder, dict(self.environment))


def make_workspace(folder: Path, template: Path) -> Workspace:
    """Return a new workspace with the parse of the template and an empty source folder."""
    shutil.copytree(template, folder, symlinks=True)
    adopt_parse(template, folder)
    workspace = Workspace(folder)
    workspace.source.mkdir()
    return workspace


def adopt_parse(origin: Path, folder: Path) -> None:
    """Make a copied parse count as one of the folder that it was copied to.

    dbt parses all anew where the connection differs from the one that it parsed with, and the
    path of the database is a part of that. Nothing in the parse depends on it.
    """
    text = (folder / CONNECTION).read_text(encoding="utf-8")
    moved = text.replace(str(origin), str(folder))
    (folder / CONNECTION).write_text(moved, encoding="utf-8")
    digests = digest_of(json.loads(text)), digest_of(json.loads(moved))
    parsed = (folder / PARSED).read_bytes()
    (folder / PARSED).write_bytes(parsed.replace(*digests))


def digest_of(connection: Iterable[tuple[str, str]]) -> bytes:
    """Return the digest by which dbt compares connections."""
    # The import of dbt takes seconds that tests without dbt need not spend.
    from dbt.artifacts.resources.base import FileHash

    connection = sorted(tuple(item) for item in connection)
    return FileHash.from_contents(pprint.pformat(connection)).checksum.encode()


def make_template(folder: Path, *arguments: str) -> None:
    """Copy the project's own files to a folder and parse them, with vars if these are given."""
    from dbt.adapters.factory import FACTORY

    for name in COPIED:
        place, copy = CHECKOUT / name, folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if place.is_dir():
            shutil.copytree(place, copy)
        elif place.exists():
            shutil.copy2(place, copy)
    for name in LINKED:
        (folder / name).symlink_to(CHECKOUT / name)
    (folder / "warehouse").mkdir()
    outcome = Workspace(folder).dbt("parse", *arguments)
    assert outcome.succeeded, outcome.output
    parsed = (folder / PARSED).read_bytes()
    shutil.rmtree(folder / "target")
    (folder / "target").mkdir()
    (folder / PARSED).write_bytes(parsed)
    connection = list(FACTORY.adapters["duckdb"].config.credentials.connection_info())
    assert digest_of(connection) in parsed, "dbt compares connections in another way"
    (folder / CONNECTION).write_text(json.dumps(connection), encoding="utf-8")


def build_once(folder: Path, build: Callable[[Path], None]) -> Path:
    """Return ``folder``, built by the first process that asks; the others wait for it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(folder.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        finished = folder.with_name(folder.name + ".finished")
        if not finished.exists():
            shutil.rmtree(folder, ignore_errors=True)
            build(folder)
            finished.touch()
    return folder


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
