"""The example of mapping exports: what its SQL makes of names, times, days, commas and grades."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
from click.testing import CliRunner

from csat.cli import main

CHECKOUT = Path(__file__).resolve().parents[3]
EXAMPLE = CHECKOUT / "examples" / "own_exports"


def test_exports_become_tables_of_the_contract(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        main,
        [
            *("map", str(EXAMPLE / "map_exports.sql"), "--out", str(tmp_path)),
            *("--set", f"exports={EXAMPLE / 'exports'}"),
        ],
    )
    assert result.exit_code == 0, result.output

    def rows(query: str) -> list[tuple]:
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            return connection.execute(query.format(folder=tmp_path)).fetchall()

    assert rows(
        "select customer_since::varchar, closed_at::varchar, annual_value "
        "from '{folder}/customers.parquet' where customer_id = '4713'"
    ) == [("2020-05-02", "2026-06-30", 1310.25)]
    # In summer Berlin is two hours before UTC.
    assert rows(
        "select contact_id, cast(started_at as timestamp)::varchar, wait_seconds, is_resolved "
        "from '{folder}/contacts.parquet' order by 1"
    ) == [("V-1", "2026-06-10 06:10:00", 185, True), ("V-2", "2026-06-12 15:45:00", None, False)]
    assert rows("select answer, comment from '{folder}/survey_responses.parquet' order by 1") == [
        ("2", "Schnell geholfen."),
        ("5", "Niemand meldet sich; dreimal gefragt."),
    ]


def test_rows_for_the_seeds_have_their_columns() -> None:
    rows = [
        line for line in (EXAMPLE / "README.md").read_text("utf-8").splitlines() if "grade" in line
    ]
    for seed, start in (("instruments", "after_contact_grade,"), ("scale_answers", "grade_1_6,")):
        file = CHECKOUT / "seeds" / f"survey_{seed}.csv"
        header = next(csv.reader(file.read_text("utf-8").splitlines()))
        own = [row for row in csv.reader(rows) if ",".join(row).startswith(start)]
        assert own
        assert {len(row) for row in own} == {len(header)}
