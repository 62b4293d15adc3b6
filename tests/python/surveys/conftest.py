"""Fixtures of the survey figures: those of a company, and those of made-up surveys."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from claims import Claims, compile_claims
from harness import Workspace
from made_up_surveys import MadeUpSurveys

CLAIMS = (
    "assert_every_score_has_a_band",
    "assert_mix_parts_add_up",
    "assert_survey_claims_stay_within_intervals",
    "assert_survey_figures_count_every_record",
)


@pytest.fixture(scope="module")
def made_up(new_workspace: Callable[[], Workspace]) -> MadeUpSurveys:
    """A workspace with the seeds, an as-of date of 2026-01-31, and nothing else."""
    workspace = new_workspace()
    outcome = workspace.dbt("seed", "--select", "csat_bands", "kpi_targets")
    assert outcome.succeeded, outcome.errors
    workspace.execute(
        "create schema if not exists intermediate; create or replace table "
        "intermediate.int_as_of_date as select date '2026-01-31' as as_of_date, "
        "timestamp '9999-12-31' as known_before"
    )
    return MadeUpSurveys(workspace)


@pytest.fixture(scope="session")
def survey_claims(built_company: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Claims:
    """The claims about survey marts; what a test plants in them is undone."""
    company = built_company.copy(tmp_path_factory.mktemp("claims") / "surveys")
    compile_claims(company, CLAIMS)
    return Claims(company)
