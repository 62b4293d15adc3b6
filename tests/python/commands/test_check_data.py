"""`csat check-data` tells what the build would do, without building."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from companies import required_tables, valid_row, write_company
from harness import CHECKOUT, Workspace


def check(source: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user would, from a folder that is not the project's."""
    return subprocess.run(
        [Path(sys.executable).with_name("csat"), "check-data", "--source", str(source)],
        env={**os.environ, "CSAT_PROJECT_DIR": str(CHECKOUT), **environment},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


def test_report_tells_tables_refused_rows_and_what_absent_tables_cost(tmp_path: Path):
    tables = required_tables()
    tables["contacts"] = [
        valid_row("contacts"),
        valid_row("contacts", contact_id="t4"),
        valid_row("contacts", contact_id="t2", wait_seconds="-5"),
        valid_row("contacts", contact_id="t3", started_at="yesterday"),
    ]
    tables["payments"] = []
    write_company(tmp_path, {name: rows for name, rows in tables.items() if rows})
    (tmp_path / "payments.csv").write_text("payment_id,customer_id,paid_at,amount\n")
    (tmp_path / "Bills.CSV").write_text("a name in other letters is another name")

    process = check(tmp_path)

    assert process.returncode == 0, process.stdout + process.stderr
    report = process.stdout.splitlines()
    (contacts,) = [line.split() for line in report if line.startswith("contacts ")]
    assert contacts[:6] == ["contacts", "1", "4", "2", "0", "2"]
    assert contacts[6:] == ["0", "2026-03-01", "2026-03-01"]
    text = process.stdout
    assert "negative_value: A duration" in text
    assert "contacts.wait_seconds, 1 row, for example" in text
    assert "contacts.started_at, 1 row, for example" in text
    assert "started_at: yesterday" in text
    assert "  payments: " in " ".join(text.split("what that costs:")[1:])
    assert "late, failed and reversed payments" in text
    assert "Not read, because no table has these names: Bills.CSV." in text


def test_what_would_mostly_be_refused_and_wrong_definitions_are_told_and_exit_with_1(
    workspace: Workspace,
):
    tables = required_tables()
    tables["customers"] = [
        valid_row("customers"),
        valid_row("customers", customer_id="c2", customer_since="31.03.2020"),
        valid_row("customers", customer_id="c3", customer_since="31.03.2020"),
    ]
    write_company(workspace.source, tables)
    segments = workspace.folder / "seeds" / "segment_definitions.csv"
    lines = segments.read_text(encoding="utf-8").splitlines()
    segments.write_text("\n".join([*lines, "calls,Calls,me,calls > 1,,,"]), encoding="utf-8")
    project = workspace.folder / "dbt_project.yml"
    text = project.read_text(encoding="utf-8")
    project.write_text(text.replace("relationship_csat", "rating"), encoding="utf-8")

    process = check(workspace.source, CSAT_PROJECT_DIR=str(workspace.folder))

    assert process.returncode == 1, process.stdout + process.stderr
    assert "Of 3 rows of customers 2 would be refused, more than the share of 0.5" in process.stdout
    place = f"The segment calls (line {len(lines) + 1}) in seeds/segment_definitions.csv"
    assert (
        f"{place} has a condition that cannot be used, because the engine says:" in process.stdout
    )
    assert "The var reference_instrument is 'rating', which is no instrument" in process.stdout


def test_mistakes_are_all_told_and_the_exit_code_is_not_zero(tmp_path: Path):
    write_company(tmp_path, {"customers": required_tables()["customers"]})
    (tmp_path / "bills.csv").write_text("bill_id,customer_id\n")
    (tmp_path / "umfrage.csv").write_text("Antwort;Note\n")

    process = check(tmp_path)

    assert process.returncode == 1
    assert "The table survey_responses is missing: put survey_responses.parquet" in process.stdout
    assert "bills.csv has no column issued_at" in process.stdout
    assert "Not read, because no table has these names: umfrage.csv." in process.stdout
    assert "`csat map`: see examples/own_exports." in process.stdout
    assert "Traceback" not in process.stdout + process.stderr


def test_a_schema_of_the_build_file_is_checked_without_being_touched(tmp_path: Path):
    build_file = tmp_path / "csat_build.duckdb"
    with duckdb.connect(str(build_file)) as connection:
        connection.execute(
            "create schema raw; create table raw.customers as "
            "select 'c1' as customer_id, date '2025-01-01' as customer_since;"
            "create table raw.survey_responses as select 'r1' as response_id, 'c1' as customer_id, "
            "timestamp '2026-03-01 08:00:00' as responded_at, "
            "'after_contact_csat' as instrument_id, 5 as answer"
        )
    before = build_file.read_bytes()

    process = check("schema:raw", CSAT_BUILD_FILE=str(build_file))

    assert process.returncode == 0, process.stdout + process.stderr
    (row,) = [line.split() for line in process.stdout.splitlines() if "survey_responses " in line]
    assert row[2:4] == ["1", "1"]
    assert build_file.read_bytes() == before


@pytest.mark.parametrize("source", ["/nowhere/at all", "schema:nowhere"])
def test_a_source_that_is_not_there_is_one_sentence(tmp_path: Path, source: str):
    process = check(source, CSAT_BUILD_FILE=str(tmp_path / "none.duckdb"))

    assert process.returncode == 1
    assert "Traceback" not in process.stdout + process.stderr
    assert "CSAT_SOURCE" in process.stdout + process.stderr
