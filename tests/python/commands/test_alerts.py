"""`csat alerts` tells the open alarms, in words, JSON and CSV, and by its exit code."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from harness import CHECKOUT

from csat.spreadsheets import as_csv, without_formula

ALSO = "all, region_and_kind:north, small, plan:über"
FORMULA = '=HYPERLINK("http://example.com","region")'


def published(folder: Path, *rows: tuple[str, str, str | None, str]) -> Path:
    """Write a published file with alarms: id, opened, closed, message."""
    file = folder / "csat.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "create schema marts; create table marts.fct_base_csat_daily as "
            "select date '2026-09-30' as score_date; create table marts.fct_csat_alerts "
            "(alert_id varchar, kind varchar, status varchar, message varchar, "
            "also_falling varchar, value_after double, opened_date date, closed_date date)"
        )
        for name, opened, closed, message in rows:
            status = "closed" if closed else "opened" if opened == "2026-09-30" else "ongoing"
            connection.execute(
                "insert into marts.fct_csat_alerts values (?, 'sudden drop', ?, ?, ?, -0.5, ?, ?)",
                [name, status, message, ALSO if name == "new" else "", opened, closed],
            )
    return file


def alerts(file: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a scheduler would."""
    return subprocess.run(
        [Path(sys.executable).with_name("csat"), "alerts", "--file", str(file), *arguments],
        env={**os.environ, "CSAT_PROJECT_DIR": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([], 0),
        ([("a", "2026-09-01", "2026-09-20", "Over.")], 0),
        ([("a", "2026-09-01", None, "Lasts.")], 10),
        ([("a", "2026-09-01", None, "Lasts."), ("b", "2026-09-30", None, "New.")], 11),
    ],
)
def test_exit_code_tells_whether_something_is_open_and_new(
    tmp_path: Path, rows: list, code: int
) -> None:
    file = published(tmp_path, *rows)
    assert alerts(file, "--no-files").returncode == code
    assert alerts(file, "--no-files", "--exit-zero").returncode == 0


def test_words_json_and_csv_say_the_same(tmp_path: Path) -> None:
    file = published(
        tmp_path,
        ("old", "2026-08-01", "2026-08-20", "Over."),
        ("lasting", "2026-09-01", None, FORMULA),
        ("new", "2026-09-30", None, "Satisfaction of région 😀 fell\x1b[2J\nby 8 points."),
    )
    process = alerts(file, "--out", str(tmp_path / "out"))

    assert process.returncode == 11, process.stderr
    assert "2 open alarms as of 2026-09-30:" in process.stdout
    assert (
        "- [sudden drop, new] Satisfaction of région 😀 fell [2J by 8 points.\n" in process.stdout
    )
    assert f"- [sudden drop, since 2026-09-01] {FORMULA}\n" in process.stdout
    assert "Over." not in process.stdout
    told = json.loads((tmp_path / "out" / "alerts.json").read_text(encoding="utf-8"))
    assert told["as_of_date"] == "2026-09-30"
    assert [each["alert_id"] for each in told["alerts"]] == ["new", "lasting"]
    assert told["alerts"][1]["message"] == FORMULA
    assert told["alerts"][0]["closed_date"] is None
    assert told["alerts"][0]["also_falling"] == ["all", "region_and_kind:north, small", "plan:über"]
    assert told["alerts"][1]["also_falling"] == []
    assert (tmp_path / "out" / "alerts.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "out" / "alerts.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert rows[1]["message"] == "'" + FORMULA
    assert rows[1]["value_after"] == "-0.5"
    assert not list((tmp_path / "out").glob(".*"))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_formulas_are_escaped(text: str) -> None:
    assert without_formula(text) == "'" + text


@pytest.mark.parametrize("value", ["region:north", "", None, -1.5])
def test_what_is_no_formula_stays(value: object) -> None:
    assert without_formula(value) == value


def test_rounding_leaves_no_minus_before_nothing() -> None:
    assert as_csv(["a", "b"], [[round(-0.01, 1), -0.5]]) == "a,b\r\n0.0,-0.5\r\n"


@pytest.mark.parametrize("folder", ["file", "/proc/x"])
def test_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path, folder: str) -> None:
    file = published(tmp_path)
    (tmp_path / "file").write_text("Not a folder.")
    process = alerts(file, "--out", str(tmp_path / folder))
    assert process.returncode == 1
    assert "cannot be written" in process.stderr
    assert process.stderr.count("\n") == 1


def test_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    process = alerts(tmp_path / "no.duckdb")
    assert process.returncode == 1
    assert "is not there" in process.stderr
    assert "let the run" not in process.stderr


def test_file_without_alarms_is_one_sentence(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "empty.duckdb")) as connection:
        connection.execute("create table nothing (a int)")
    process = alerts(tmp_path / "empty.duckdb")
    assert process.returncode == 1
    assert process.stderr.startswith("Error: ")
    assert "make build" in process.stderr
    assert process.stderr.count("\n") == 1
