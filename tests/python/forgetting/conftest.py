"""A small warehouse that customers can be forgotten in without dbt."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hand_made_warehouse import HandMade
from harness import CHECKOUT

from csat.contract import CONTRACT_FILE


def make(folder: Path, monkeypatch: pytest.MonkeyPatch) -> HandMade:
    """Return a warehouse of two publications, of which the second one has 10 days."""
    for name in ("BUILD_FILE", "PUBLISHED_FILE", "SUPPRESSION_LIST", "SOURCE"):
        monkeypatch.delenv(f"CSAT_{name}", raising=False)
    for name in ("DBT_TARGET_PATH", "DBT_LOG_PATH"):
        monkeypatch.delenv(name, raising=False)
    project = HandMade(folder / "project")
    project.root.mkdir()
    shutil.copy(CHECKOUT / "dbt_project.yml", project.root)
    (project.root / "src").symlink_to(CHECKOUT / "src")
    contract = project.root / CONTRACT_FILE
    contract.parent.mkdir(parents=True)
    contract.symlink_to(CHECKOUT / CONTRACT_FILE)
    marts = project.root / "models" / "marts" / "_models.yml"
    marts.parent.mkdir()
    marts.write_text(
        "models: [{name: fct_customer_csat_daily, config: {meta: {published_history: {"
        "checksums: int_score_checksums, key: customer_id, days_looked_back: 28}}}}]"
    )
    monkeypatch.setenv("CSAT_PROJECT_DIR", str(project.root))
    project.begin()
    project.run(8)
    project.run(10)
    return project


@pytest.fixture
def hand_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HandMade:
    """A warehouse of two publications, free to change."""
    return make(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def of_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HandMade]:
    """A warehouse of two publications that tests of a module share."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield make(tmp_path_factory.mktemp("hand_made"), monkeypatch)
