"""Fixtures of all Python tests: private workspaces and companies, built once per session."""

from __future__ import annotations

import gc
import itertools
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import Workspace, build_once, make_template, make_workspace

from csat.simulation import simulate_company

WITHOUT_SHARED_COMPANY = ("test_incremental_runs.py", "test_commands.py")
#: Files that take minutes, in the order in which they are begun: whichever is begun last, all other
#: workers wait for. The first two build the two companies that others share, each its own.
BEGUN_FIRST = (
    *("daily/test_days_in_a_row.py", "publishing/test_build_publishes.py"),
    *("daily/test_features_that_go.py", "daily/test_what_a_score_knows.py"),
    *("daily/test_models_of_a_company.py", "staging/test_user_mistakes.py"),
    *("surveys/test_survey_months.py", "commands/test_shopzilla.py"),
    *("features/test_what_is_known.py", "features/test_features.py"),
    *("commands/test_check_data.py", "staging/test_incremental_runs.py"),
)


def pytest_configure() -> None:
    """Name the first row that differs, also where `CI` is set, and collect garbage less often.

    There pytest would line up all rows of two tables, which takes hours. And of what dbt keeps of
    the project nothing becomes garbage while it runs: going through it takes a sixth of its time.
    """
    gc.set_threshold(100_000, 50, 100)
    for name in ("CI", "BUILD_NUMBER"):
        os.environ.pop(name, None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files of `BEGUN_FIRST` before the others, which keep their order."""

    def place(item: pytest.Item) -> int:
        file = item.path.relative_to(Path(__file__).parent).as_posix()
        return BEGUN_FIRST.index(file) if file in BEGUN_FIRST else len(BEGUN_FIRST)

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Keep the tests of a file in one worker, so that each company is built once.

    Tests of the files in `WITHOUT_SHARED_COMPANY` go to whichever worker is free.
    """
    from xdist.scheduler import LoadScopeScheduling

    class LoadCompanyScheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return nodeid if file.endswith(WITHOUT_SHARED_COMPANY) else file

    # xdist would begin with the files of many tests, and end with a long one of few.
    config.option.loadscopereorder = False
    return LoadCompanyScheduling(config, log)


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder that all workers of the session share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def template(shared_folder: Path) -> Path:
    """A copy of the project, parsed once."""
    return build_once(shared_folder / "template", make_template)


@pytest.fixture(scope="session")
def new_workspace(
    template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Workspace]:
    """Return a function that makes workspaces, for fixtures of any scope."""
    folder = tmp_path_factory.mktemp("workspaces")
    numbers = itertools.count(1)
    return lambda: make_workspace(folder / f"workspace_{next(numbers)}", template)


@pytest.fixture
def workspace(new_workspace: Callable[[], Workspace]) -> Workspace:
    """A new workspace with an empty source folder."""
    return new_workspace()


@pytest.fixture(scope="session")
def built_company(shared_folder: Path, template: Path) -> Workspace:
    """A simulated company with dirt in it, built whole and once; only to be read or copied."""

    def build(folder: Path) -> None:
        workspace = make_workspace(folder, template)
        # The simulator refuses a folder that is there.
        workspace.source.rmdir()
        simulate_company(
            workspace.source, customers=300, days=60, seed=1, dirt_share=0.02, processes=1
        )
        outcome = workspace.dbt("build", "--write-json")
        assert outcome.succeeded, outcome.errors
        assert "Published " in outcome.output

    return Workspace(build_once(shared_folder / "built_company", build))


@pytest.fixture
def company(built_company: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the simulated company with everything that was built of it, free to change."""
    return built_company.copy(tmp_path / "company")
