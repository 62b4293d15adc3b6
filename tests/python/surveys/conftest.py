"""Fixtures of the survey figures: those of a company, and those of made-up surveys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from harness import Workspace, build_once, make_workspace
from made_up_surveys import MadeUpSurveys

from csat.simulation import simulate_company


@pytest.fixture(scope="module")
def made_up(new_workspace: Callable[[], Workspace]) -> MadeUpSurveys:
    """A workspace with the seeds, an as-of date of 2026-01-31, and nothing else."""
    workspace = new_workspace()
    outcome = workspace.dbt("seed", "--select", "csat_bands", "kpi_targets")
    assert outcome.succeeded, outcome.errors
    workspace.execute(
        "create schema if not exists intermediate; create or replace table "
        "intermediate.int_as_of_date as select date '2026-01-31' as as_of_date"
    )
    return MadeUpSurveys(workspace)


@pytest.fixture(scope="session")
def built_surveys(shared_folder: Path, template: Path) -> Workspace:
    """A simulated company with all its survey marts; only to be read or copied."""

    def build(folder: Path) -> None:
        workspace = make_workspace(folder, template)
        # The simulator refuses a folder that is there.
        workspace.source.rmdir()
        simulate_company(
            workspace.source, customers=400, days=100, seed=3, dirt_share=0.02, processes=1
        )
        only_these = ("--select", "+path:models/marts/survey", "--indirect-selection", "buildable")
        outcome = workspace.build(*only_these)
        assert outcome.succeeded, outcome.errors

    return Workspace(build_once(shared_folder / "built_surveys", build))


@pytest.fixture
def surveys(built_surveys: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the simulated company's survey marts, free to change."""
    return built_surveys.copy(tmp_path / "surveys")
