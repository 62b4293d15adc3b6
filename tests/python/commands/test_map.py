"""`csat map` writes the contract's tables that an SQL file makes."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from csat.cli import main


def run(*arguments: object):
    return CliRunner().invoke(main, ["map", *map(str, arguments)])


def test_views_with_the_names_of_the_contract_become_files_and_others_do_not(tmp_path: Path):
    sql = tmp_path / "map.sql"
    sql.write_text(
        "create view helper as select getvariable('who') as name;"
        "create view customers as select name as customer_id, date '2026-01-01' as customer_since "
        "from helper"
    )

    result = run(sql, "--out", tmp_path / "out", "--set", "who=it's me")

    assert result.exit_code == 0, result.output
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["customers.parquet"]
    assert duckdb.sql(f"select customer_id from '{tmp_path}/out/customers.parquet'").fetchall() == [
        ("it's me",)
    ]
    assert "customers.parquet: 1 rows" in result.output


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("create view customers as selct 1", "map.sql failed: Parser Error"),
        ("create view others as select 1", "map.sql creates no table of the contract"),
        (
            "create view customers as\nselect b as customer_id from (select 1 as a)",
            'Candidate bindings: "a"; LINE 2: select b as customer_id',
        ),
        (
            "create view customers as from read_csv(getvariable('exports'))",
            "(getvariable('exports')); give --set exports=…",
        ),
        (
            "create view customers as select error('no such file') as customer_id, "
            "date '2026-01-01' as customer_since from range(1)",
            "map.sql: the table customers cannot be written",
        ),
    ],
)
def test_mistakes_are_one_sentence_that_names_the_file(tmp_path: Path, sql: str, sentence: str):
    (tmp_path / "map.sql").write_text(sql)

    result = run(tmp_path / "map.sql", "--out", tmp_path / "out")

    assert result.exit_code == 1
    assert sentence in result.output
    assert "Traceback" not in result.output


def test_a_file_in_another_encoding_is_named_with_the_mend(tmp_path: Path):
    (tmp_path / "orte.csv").write_text("Ort\nMünchen\n" * 3, encoding="windows-1252")
    (tmp_path / "map.sql").write_text(
        f"create view customers as from read_csv('{tmp_path}/orte.csv', header = true)"
    )

    result = run(tmp_path / "map.sql", "--out", tmp_path / "out")

    assert result.exit_code == 1
    assert "orte.csv" in result.output
    assert "iconv -f WINDOWS-1252 -t UTF-8" in result.output


def test_names_that_are_nearly_those_of_the_contract_are_told(tmp_path: Path):
    """Others are the file's own business, and so is a helper beside the table itself."""
    (tmp_path / "map.sql").write_text(
        "create view bill as select 1 as bill_id; create view customer as select 1 as one;"
        "create view customers as select '1' as customer_id, date '2026-01-01' as customer_since, "
        "'south' as regoin, 'x' as shoe_size"
    )

    result = run(tmp_path / "map.sql", "--out", tmp_path / "out")

    assert result.exit_code == 0, result.output
    told = [line for line in result.output.splitlines() if "did you mean" in line]
    assert [line.partition("map.sql: ")[2] for line in told] == [
        "the view bill is none of the contract: did you mean bills?",
        "the table customers, the column regoin is none of the contract: did you mean region?",
    ]


def test_a_table_without_its_required_columns_is_one_sentence(tmp_path: Path):
    (tmp_path / "map.sql").write_text("create view customers as select 1 as foo")

    result = run(tmp_path / "map.sql", "--out", tmp_path / "out")

    assert result.exit_code == 1
    assert (
        "the table customers has no column customer_id and no column customer_since: add it"
        in result.output
    )


def test_a_missing_file_and_a_setting_without_value_are_one_sentence(tmp_path: Path):
    missing = run(tmp_path / "no.sql", "--out", tmp_path / "out")
    assert missing.exit_code == 1
    assert "no.sql cannot be read: " in missing.output
    unset = run(tmp_path / "no.sql", "--out", tmp_path / "out", "--set", "who")
    assert unset.exit_code == 1
    assert "write it as NAME=VALUE" in unset.output
