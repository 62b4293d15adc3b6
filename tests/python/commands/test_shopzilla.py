"""The example on real data: every row accounted for, the known CSAT, later answers ranked."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import duckdb
import pytest
from harness import CHECKOUT, Workspace

from csat.contract import load_contract
from csat.mapping import map_to_contract

DATA = CHECKOUT.parent / "shared" / "data" / "shopzilla" / "customer_support_17k.csv"
EXAMPLE = CHECKOUT / "examples" / "shopzilla"


def example() -> ModuleType:
    """Import the example's program."""
    spec = importlib.util.spec_from_file_location("shopzilla_run", EXAMPLE / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not DATA.exists(), reason="the Shopzilla data are not in ../shared/data")
def test_rows_csat_and_later_answers_are_as_published(workspace: Workspace):
    run = example()
    map_to_contract(
        EXAMPLE / "contract.sql",
        workspace.source,
        load_contract(CHECKOUT),
        {"source_file": str(DATA)},
    )

    # Estimates by segment are not looked at: a week of them is enough.
    variables = {**run.VARS, "segment_backfill_days": 7}

    outcome = workspace.build("--vars", json.dumps(variables))

    assert outcome.succeeded, outcome.errors
    with duckdb.connect(
        str(workspace.folder / "warehouse" / "csat.duckdb"), read_only=True
    ) as mart:
        counts = mart.execute(
            "select source_table, rows_received, rows_accepted, rows_rejected "
            "from monitoring.source_row_counts "
            "where source_table in ('contacts', 'survey_responses') order by 1"
        ).fetchall()
        assert counts == [
            ("contacts", 17_182, 16_547, 635),
            ("survey_responses", 17_182, 17_182, 0),
        ]
        assert mart.execute(
            "select rule, count(*) from staging.stg_rejected_records group by 1"
        ).fetchall() == [("response_before_start", 635)]
        answers, satisfied, linked, end_of_day = mart.execute(
            "select count(*), count(*) filter (where is_satisfied), count(contact_id), "
            "count(*) filter (where strftime(responded_at, '%H:%M:%S') = '23:59:59') "
            "from marts.fct_survey_answers"
        ).fetchone()
    assert (answers, satisfied) == (17_182, 14_211)
    assert round(100 * satisfied / answers, 1) == 82.7
    assert linked == 17_182 - 635
    assert end_of_day == 17_182
    with duckdb.connect(str(workspace.build_file), read_only=True) as built:
        versions = built.execute(
            "select cutoff_date, reference_instrument from marts.dim_model_versions "
            "where not is_fallback order by 1"
        ).fetchall()
        found = run.judge_last_days(built)
    assert versions == [(date(2023, 8, day), "after_contact_csat") for day in (1, 8, 15, 22, 29)]
    assert found.answers == 4_769
    # Chance alone moves an AUC of 0.68 by 0.02 (two standard errors) on so many answers.
    assert 0.66 < found.auc < 0.73
    assert found.log_loss < found.base_rate_log_loss


def test_absent_data_are_one_sentence_that_says_where_to_get_them(tmp_path: Path):
    process = subprocess.run(
        [sys.executable, EXAMPLE / "run.py"],
        env={
            **os.environ,
            "SHOPZILLA_CSV": str(tmp_path / "none.csv"),
            "CSAT_PROJECT_DIR": str(CHECKOUT),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert process.returncode == 1
    assert (
        "none.csv is not there: examples/shopzilla/README.md says where to get it" in process.stderr
    )
    assert "Traceback" not in process.stderr
