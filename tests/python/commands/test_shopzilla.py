"""The example on real data accounts for every row and gives the known CSAT."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from harness import CHECKOUT, Workspace

from csat.contract import load_contract
from csat.mapping import map_to_contract

DATA = CHECKOUT.parent / "shared" / "data" / "shopzilla" / "customer_support_17k.csv"
EXAMPLE = CHECKOUT / "examples" / "shopzilla"


@pytest.mark.skipif(not DATA.exists(), reason="the Shopzilla data are not in ../shared/data")
def test_all_rows_are_accounted_for_and_csat_is_as_published(workspace: Workspace):
    map_to_contract(
        EXAMPLE / "contract.sql",
        workspace.source,
        load_contract(CHECKOUT),
        {"source_file": str(DATA)},
    )

    outcome = workspace.dbt("build")

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
