"""The notebooks run from end to end on what is published, and say what the marts say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import altair as alt
import duckdb
import marimo
import pytest
from harness import CHECKOUT, Workspace

NOTEBOOKS = sorted((CHECKOUT / "notebooks").glob("*.py"))


@pytest.fixture
def published_file(built_company: Workspace, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The published file of the simulated company, as the one that notebooks read."""
    file = built_company.folder / "warehouse" / "csat.duckdb"
    monkeypatch.setenv("CSAT_PROJECT_DIR", str(CHECKOUT))
    monkeypatch.setenv("CSAT_PUBLISHED_FILE", str(file))
    return file


def run(notebook: Path) -> tuple[list[object], dict]:
    """Return what the cells of a notebook show, and what they define."""
    spec = importlib.util.spec_from_file_location(notebook.stem, notebook)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert isinstance(module.app, marimo.App)
    outputs, definitions = module.app.run()
    return list(outputs), dict(definitions)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_notebook_runs_and_its_charts_can_be_drawn(notebook: Path, published_file: Path) -> None:
    outputs, _ = run(notebook)
    charts = [output for output in outputs if isinstance(output, alt.TopLevelMixin)]
    # A small company has programs of which nothing can be told by week.
    assert charts
    for chart in charts:
        assert chart.to_dict()["config"]["background"]


def test_there_is_a_notebook_for_each_question() -> None:
    assert [notebook.stem for notebook in NOTEBOOKS] == [
        "drivers",
        "program_impact",
        "survey_against_estimate",
    ]


def test_the_gap_of_surveys_is_that_of_the_mart(published_file: Path) -> None:
    _, found = run(CHECKOUT / "notebooks" / "survey_against_estimate.py")
    with duckdb.connect(str(published_file), read_only=True) as marts:
        gap, days = marts.execute(
            "select avg(csat_survey - csat_estimate), count(*) from marts.fct_base_csat_daily "
            "where csat_survey is not null and csat_estimate is not null"
        ).fetchone()
    assert found["mean_gap"] == pytest.approx(gap)
    assert found["compared"] == days > 0
