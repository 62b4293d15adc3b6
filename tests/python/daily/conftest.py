"""Fixtures of the daily runs: a company that arrives day by day, and the same scored at once."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from claims import Claims, compile_claims
from deliveries import CLAIMS, MONTHS_BEFORE_AND_AFTER, VARS, build, deliver, simulate
from harness import Workspace, build_once, make_template, make_workspace


@pytest.fixture(scope="session")
def simulated(shared_folder: Path) -> Path:
    """The company's tables as they were loaded in the end."""
    return build_once(shared_folder / "simulated_daily", simulate)


@pytest.fixture(scope="session")
def daily_template(shared_folder: Path) -> Path:
    """A copy of the project, parsed once with the vars of the daily runs."""

    def parse(folder: Path) -> None:
        make_template(folder, "--vars", VARS)

    return build_once(shared_folder / "daily_template", parse)


@pytest.fixture(scope="session")
def new_daily_workspace(
    daily_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Workspace]:
    """Return a function that makes workspaces for daily runs, for fixtures of any scope."""
    folder = tmp_path_factory.mktemp("daily")
    numbers = itertools.count(1)
    return lambda: make_workspace(folder / f"workspace_{next(numbers)}", daily_template)


@pytest.fixture(scope="session")
def at_once(simulated: Path, shared_folder: Path, daily_template: Path) -> Workspace:
    """Everything delivered, and scored in one run; only to be read or copied."""

    def build_all(folder: Path) -> None:
        workspace = make_workspace(folder, daily_template)
        deliver(simulated, workspace, *MONTHS_BEFORE_AND_AFTER)
        build(workspace)
        compile_claims(workspace, CLAIMS, "--vars", VARS)

    return Workspace(build_once(shared_folder / "scored_at_once", build_all))


@pytest.fixture
def scored(at_once: Workspace, tmp_path: Path) -> Workspace:
    """A copy of what was scored at once, free to change."""
    return at_once.copy(tmp_path / "scored")


@pytest.fixture(scope="session")
def claims(at_once: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Claims:
    """The claims about what was scored at once; what a test plants in it is undone."""
    return Claims(at_once.copy(tmp_path_factory.mktemp("claims") / "company"))
