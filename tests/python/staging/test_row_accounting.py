"""For every table: rows received = rows accepted + rows superseded + rows rejected."""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Callable

import pytest
from companies import CONTRACT, own_key, valid_row, write_csv
from harness import CHECKOUT, WITHOUT_TESTS, Workspace


@pytest.fixture(scope="module")
def dirty_company(new_workspace: Callable[[], Workspace]) -> Workspace:
    """A company with repeated, corrected and broken rows in every table, staged."""
    workspace = new_workspace()
    chance = random.Random(7)
    for table in CONTRACT.values():
        for number in range(3):
            rows = []
            for _ in range(chance.randint(20, 40)):
                row = valid_row(table.name)
                if table.name != "customers" or chance.random() < 0.9:
                    row[own_key(table)] = f"{own_key(table)} {chance.randint(1, 15)}"
                if table.name == "customers" and number == 0 and not rows:
                    row["customer_id"] = "c1"
                row["loaded_at"] = f"2026-03-0{chance.randint(2, 5)} 06:00:00"
                if chance.random() < 0.3:
                    row[chance.choice(list(row))] = chance.choice(["", "x", "-1", "2999-01-01"])
                rows.append(row)
            write_csv(workspace.source / table.name / f"{number}.csv", rows)
    outcome = workspace.dbt(
        *("build", "--select", "+source_row_counts", "+path:models/staging"),
        *WITHOUT_TESTS,
    )
    assert outcome.succeeded, outcome.errors
    return workspace


def rows_in_files(workspace: Workspace, table: str) -> int:
    """Count the rows of a table's files without the project's code."""
    count = 0
    for path in (workspace.source / table).glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            count += sum(1 for _ in csv.DictReader(file))
    return count


@pytest.mark.parametrize("table", CONTRACT)
def test_rows_in_the_files_are_rows_accepted_superseded_and_rejected(
    dirty_company: Workspace, table: str
) -> None:
    (counts,) = dirty_company.query(
        f"""
        select
            (select count(*) from staging.stg_company__{table}) as accepted,
            (
                select count(*) from staging.base_company__{table}
                where rejection_rule is null and superseded_at is not null
            ) as superseded,
            (
                select count(*) from staging.stg_rejected_records where source_table = '{table}'
            ) as rejected
        """
    )
    assert all(counts.values()), counts
    assert sum(counts.values()) == rows_in_files(dirty_company, table)


@pytest.mark.parametrize("table", CONTRACT)
def test_row_counts_say_the_same(dirty_company: Workspace, table: str) -> None:
    (row,) = dirty_company.query(
        f"from monitoring.source_row_counts where source_table = '{table}'"
    )
    assert row["rows_received"] == rows_in_files(dirty_company, table)
    parts = row["rows_accepted"] + row["rows_superseded"] + row["rows_rejected"]
    parts += row["rows_forgotten"]
    assert parts == row["rows_received"]
    assert row["deliveries"] == 3


@pytest.mark.parametrize("table", CONTRACT)
def test_accepted_rows_have_a_key_of_their_own(dirty_company: Workspace, table: str) -> None:
    keys = ", ".join(column.name for column in CONTRACT[table].columns if column.is_key)
    assert (
        dirty_company.query(
            f"select {keys} from staging.stg_company__{table} group by all having count(*) > 1"
        )
        == []
    )


def test_macro_of_table_names_holds_the_tables_of_the_contract() -> None:
    text = (CHECKOUT / "macros" / "staging" / "contract.sql").read_text(encoding="utf-8")
    (body,) = re.findall(r"macro contract_tables\(\).*?endmacro", text, flags=re.DOTALL)
    assert re.findall(r"'(\w+)'", body) == list(CONTRACT)


def test_every_contract_table_has_its_models() -> None:
    folder = CHECKOUT / "models" / "staging" / "company"
    for table in CONTRACT:
        for name in (
            f"base/base_company__{table}.sql",
            f"stg_company__{table}.sql",
            f"stg_company__{table}_versions.sql",
        ):
            assert (folder / name).is_file()


def test_seed_of_rules_holds_the_rules_of_the_macros_and_of_the_contract() -> None:
    with (CHECKOUT / "seeds" / "rejection_rules.csv").open(encoding="utf-8") as file:
        described = {row["rule"] for row in csv.DictReader(file)}
    text = "".join(
        path.read_text(encoding="utf-8")
        for path in [
            *(CHECKOUT / "macros" / "staging").glob("*.sql"),
            *(CHECKOUT / "models" / "staging" / "company" / "base").glob("*.sql"),
        ]
    )
    applied = set(re.findall(r"then '([a-z]+(?:_[a-z]+)+)'(?! ~)", text))
    applied |= set(re.findall(r"^\s+'(\w+)': \{$", text, flags=re.MULTILINE))
    contract = (CHECKOUT / "models/staging/company/_company__sources.yml").read_text("utf-8")
    applied |= set(re.findall(r"^ {14}(\w+): .* < ", contract, flags=re.MULTILINE))
    assert applied == described
