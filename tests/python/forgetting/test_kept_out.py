"""Who is on the list stays out, whatever is delivered, and a run sees no news in who went."""

from __future__ import annotations

import shutil

import duckdb
import pytest
from companies import CONTRACT, valid_row, write_company
from harness import Workspace

from csat.forgetting.command import forget
from csat.forgetting.persons import persons_of
from csat.forgetting.suppression_list import SuppressionList, suppression_list_of
from csat.publishing import publish_again

PERSON, OTHER = "C0000001", "C0000002"
OF_CUSTOMERS = [
    name
    for name, table in CONTRACT.items()
    if table.columns[0].name != "agent_id" and name != "programs"
]


def rows_of(customer_id: str) -> dict[str, list[dict]]:
    """Return a row of each table of customers; their keys have the customer in them."""
    tables = {}
    for table in OF_CUSTOMERS:
        row = valid_row(table, customer_id=customer_id)
        for column in CONTRACT[table].columns:
            if column.is_key and column.data_type == "varchar" and column.name.endswith("_id"):
                row[column.name] = (
                    row[column.name]
                    if column.name in ("customer_id", "program_id")
                    else f"{row[column.name]}-{customer_id[-1]}"
                )
        tables[table] = [row]
    return tables


def base_rows(workspace: Workspace) -> dict[str, list[tuple]]:
    """Return all rows of the base models, in the same order whenever they are the same."""
    with duckdb.connect(str(workspace.build_file), read_only=True) as connection:
        return {
            table: connection.execute(
                "select * exclude (delivery, fingerprint) "
                f"from staging.base_company__{table} order by all"
            ).fetchall()
            for table in CONTRACT
        }


def in_environment(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have commands of this process work on the workspace."""
    for name, value in workspace.variables().items():
        monkeypatch.setenv(name, value)


def test_staging_without_a_person_is_what_a_full_refresh_makes_of_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    """The command leaves what staging makes of the same files, now and with new ones.

    Among the rows are one with the id where another value belongs, and one of nobody.
    """
    in_environment(workspace, monkeypatch)
    person, other = rows_of(PERSON), rows_of(OTHER)
    tables = {table: person[table] + other[table] for table in OF_CUSTOMERS}
    tables["contacts"].append(
        valid_row("contacts", contact_id="t9", customer_id="x", wait_seconds=PERSON)
    )
    tables["bills"].append(valid_row("bills", bill_id="b9", customer_id=PERSON, amount="much"))
    tables["payments"].append(valid_row("payments", payment_id="y9", customer_id="nobody"))
    write_company(workspace.source, tables)
    workspace.stage()
    assert (
        len(
            workspace.query(f"from staging.stg_rejected_records where raw_record like '%{PERSON}%'")
        )
        == 2
    )

    forget(workspace.folder, [PERSON], lambda line: None)

    left = base_rows(workspace)
    assert PERSON not in repr(left)
    counted = {
        table: [row[-3] for row in rows].count("forgotten_customer") for table, rows in left.items()
    }
    assert counted == dict.fromkeys(CONTRACT, 0) | dict.fromkeys(OF_CUSTOMERS, 1) | {
        "contacts": 2,
        "bills": 2,
    }
    workspace.stage("--full-refresh")
    assert base_rows(workspace) == left

    # Delivered again, and with more rows than before.
    again = {
        table: [dict(row, loaded_at="2026-03-03 06:00:00") for row in rows]
        for table, rows in person.items()
    }
    for table in OF_CUSTOMERS:
        (workspace.source / table).mkdir()
        shutil.move(workspace.source / f"{table}.csv", workspace.source / table / "a.csv")
    write_company(workspace.source, {f"{table}/b": rows for table, rows in again.items()})
    workspace.stage()
    assert PERSON not in repr(base_rows(workspace))
    assert (
        workspace.query("from staging.stg_rejected_records where source_table <> 'payments'") == []
    )
    assert workspace.values(
        "select rows_forgotten from staging.rows_by_fate where reader = 'base_company__contacts'"
    ) == [3]
    assert PERSON not in repr(workspace.query("from staging.untested_rows"))


def test_a_run_stops_where_the_forgotten_would_come_back(workspace: Workspace):
    """A sentence each: broken off, restored from a copy, and a list that was lost."""
    write_company(workspace.source, rows_of(PERSON))
    workspace.stage("--select", "base_company__customers", "+base_company__customers")
    listed = SuppressionList.read(suppression_list_of(workspace.folder)).with_customers([PERSON])

    listed.write()
    broken_off = workspace.try_stage()
    assert not broken_off.succeeded
    assert "was broken off before all was removed: run `csat forget-customer`" in broken_off.output

    listed.all_removed().write()
    restored = workspace.try_stage()
    assert not restored.succeeded
    assert "holds customers who were forgotten" in restored.output
    assert PERSON not in restored.output

    workspace.execute(
        "delete from staging.base_company__customers; create or replace table "
        "staging.forgotten_customers as select 'a hash' as customer_hash"
    )
    lost = workspace.try_stage()
    assert not lost.succeeded
    assert "no longer on the suppression list" in lost.output


def test_the_next_run_of_a_whole_company_scores_the_last_day_alone(
    company: Workspace, monkeypatch: pytest.MonkeyPatch
):
    """Rows that went are no news of the days before, and nothing of the person is left anywhere."""
    in_environment(company, monkeypatch)
    # A copy of a warehouse reads the history of the other one until it is published anew.
    for name in ("csat_generations", "csat_history"):
        shutil.rmtree(company.folder / "warehouse" / name)
    (company.folder / "warehouse" / "csat.duckdb").unlink()
    publish_again(company.folder)
    person, response_id = next(
        iter(
            company.query(
                "select customer_id, response_id from marts.fct_survey_comments "
                "order by customer_id limit 1"
            )
        )
    ).values()
    counts = "select sum(rows_received) from monitoring.source_row_counts"
    received = company.values(counts)

    forgotten = forget(company.folder, [person], lambda line: None)

    assert forgotten.left == []
    assert len({trace.table for trace in forgotten.found}) > 50
    for file in (company.build_file, company.folder / "warehouse" / "csat.duckdb"):
        with duckdb.connect(str(file), read_only=True) as connection:
            for schema, table in connection.execute(
                "select schema_name, table_name from duckdb_tables()"
            ).fetchall():
                for text in (person, response_id):
                    assert not connection.execute(
                        f'select 1 from "{schema}"."{table}" as row '
                        "where contains(row::varchar, $1) limit 1",
                        [text],
                    ).fetchall(), (file.name, table, text)

    outcome = company.dbt("run", "--select", "+int_score_dates")
    assert outcome.succeeded, outcome.errors
    last = company.values("select as_of_date from intermediate.int_as_of_date")
    assert (
        company.values("select score_date from intermediate.int_score_dates where is_due") == last
    )
    assert company.values(counts) == received
    assert company.values("select sum(rows_forgotten) > 0 from monitoring.source_row_counts") == [
        True
    ]


def test_every_column_with_a_key_of_a_person_is_found_by_its_name(company: Workspace):
    """A model that holds keys of contacts, answers … under another name would keep them."""
    persons = persons_of([PERSON], CONTRACT)
    tables = {
        keys[0]: name
        for name, table in CONTRACT.items()
        if (keys := [column.name for column in table.columns if column.is_key])[0]
        in persons.key_names
    }
    assert len(tables) == len(persons.key_names) == 6
    with duckdb.connect(str(company.build_file), read_only=True) as connection:
        for key, table in tables.items():
            connection.execute(
                f"create temp table {key}_values as select distinct {key} as value "
                f"from staging.base_company__{table} where {key} is not null"
            )
        unknown = []
        for schema, table, column in connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where data_type = 'VARCHAR' and schema_name in "
            "('staging', 'intermediate', 'marts', 'monitoring') and table_name in "
            "(select table_name from duckdb_tables())"
        ).fetchall():
            if persons.key_of(column) or column in ("record_key", "raw_record"):
                continue
            unknown += [
                f"{table}.{column} holds {key}"
                for key in tables
                if connection.execute(
                    f'select 1 from "{schema}"."{table}" where "{column}" in '
                    f"(from {key}_values) limit 1"
                ).fetchall()
            ]
    assert unknown == []
