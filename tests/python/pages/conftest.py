"""A published company to look at, a project to save segments in, and pages without a browser."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from harness import CHECKOUT, Workspace

from csat.published_file import PublishedFile

DASHBOARDS = CHECKOUT / "dashboards"


@pytest.fixture(scope="session")
def published_path(built_company: Workspace) -> Path:
    """Return the file that the company's build has published; only to be read or copied."""
    return built_company.folder / "warehouse" / "csat.duckdb"


@pytest.fixture(scope="session")
def published(published_path: Path) -> PublishedFile:
    """Return the published company."""
    return PublishedFile(published_path)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with definitions of its own, for what pages save."""
    folder = tmp_path / "project"
    shutil.copytree(CHECKOUT / "seeds", folder / "seeds")
    shutil.copy2(CHECKOUT / "dbt_project.yml", folder)
    (folder / "src").symlink_to(CHECKOUT / "src")
    return folder


@pytest.fixture
def emptied_path(published_path: Path, tmp_path: Path) -> Path:
    """Return a published file of a company of whom nothing is known yet."""
    file = tmp_path / "emptied.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"attach '{published_path}' as full_one (read_only)")
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_catalog = 'full_one'"
        ).fetchall()
        for schema, table in tables:
            rows = "" if table == "publication" else " where false"
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(
                f"create table {schema}.{table} as from full_one.{schema}.{table}{rows}"
            )
    return file


@pytest.fixture
def look(project: Path, published_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable:
    """Return a function that draws the page of a module of ``views``, without a browser."""
    testing = pytest.importorskip("streamlit.testing.v1")
    # Streamlit puts its script in the place of the main module, which processes that other tests
    # start would look for when it is gone.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.syspath_prepend(str(DASHBOARDS))
    monkeypatch.setenv("CSAT_PROJECT_DIR", str(project))

    def draw(view: str, file: Path = published_path, **asked: str) -> object:
        monkeypatch.setenv("CSAT_PUBLISHED_FILE", str(file))
        page = testing.AppTest.from_string(
            f"import frame\nfrom views import {view}\nframe.draw({view}.show)", default_timeout=60
        )
        for name, value in asked.items():
            page.query_params[name] = value
        return page.run()

    return draw
