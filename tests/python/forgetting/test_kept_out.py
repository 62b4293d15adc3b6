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

PERSON, OTHER = "C0000001", "C0000002"
#: Enough to see all that staging does with rows of customers.
TABLES = ("customers", "contacts", "bills")
BASE_MODELS = [f"+base_company__{table}" for table in TABLES]


def rows_of(customer_id: str) -> dict[str, list[dict]]:
    """Return a row of each table, with a key of its own."""
    return {
        "customers": [valid_row("customers", customer_id=customer_id)],
        "contacts": [
            valid_row("contacts", contact_id=f"t-{customer_id[-1]}", customer_id=customer_id)
        ],
        "bills": [valid_row("bills", bill_id=f"b-{customer_id[-1]}", customer_id=customer_id)],
    }


def stage(workspace: Workspace, *arguments: str) -> None:
    """Build the base models."""
    outcome = workspace.dbt("run", "--select", *BASE_MODELS, *arguments)
    assert outcome.succeeded, outcome.errors


def base_rows(workspace: Workspace) -> dict[str, list[tuple]]:
    """Return all rows of the base models, in the same order whenever they are the same."""
    with duckdb.connect(str(workspace.build_file), read_only=True) as connection:
        return {
            table: connection.execute(
                "select * exclude (delivery, fingerprint) "
                f"from staging.base_company__{table} order by all"
            ).fetchall()
            for table in TABLES
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
    tables = {table: person[table] + other[table] for table in TABLES}
    tables["contacts"].append(
        valid_row("contacts", contact_id="t9", customer_id="x", wait_seconds=PERSON)
    )
    tables["bills"] += [
        valid_row("bills", bill_id="b9", customer_id=PERSON, amount="much"),
        valid_row("bills", bill_id="b8", customer_id="nobody"),
    ]
    write_company(workspace.source, {f"{table}/a": rows for table, rows in tables.items()})
    # No company is without answers.
    answers = [valid_row("survey_responses", customer_id=OTHER)]
    write_company(workspace.source, {"survey_responses": answers})
    stage(workspace)
    assert repr(base_rows(workspace)).count("unparseable_value") == 2

    forget(workspace.folder, [PERSON], lambda line: None)

    left = base_rows(workspace)
    assert PERSON not in repr(left)
    assert [repr(rows).count("forgotten_customer") for rows in left.values()] == [1, 2, 2]
    stage(workspace, "--full-refresh")
    assert base_rows(workspace) == left

    # Delivered again, with another time of loading.
    again = {
        f"{table}/b": [{**row, "loaded_at": "2026-03-03 06:00:00"} for row in rows]
        for table, rows in person.items()
    }
    write_company(workspace.source, again)
    stage(workspace)
    assert PERSON not in repr(base_rows(workspace))
    counts = workspace.query(
        "select rows_accepted, rows_rejected, rows_forgotten from staging.rows_by_fate "
        "where reader = 'base_company__bills'"
    )
    assert counts == [{"rows_accepted": 1, "rows_rejected": 1, "rows_forgotten": 3}]
    assert PERSON not in repr(workspace.query("from staging.untested_rows"))


def test_a_run_stops_where_the_forgotten_would_come_back(workspace: Workspace):
    """A sentence each: broken off, restored from a copy, and a list that was lost."""
    workspace.execute(
        "create schema staging; create table staging.base_company__customers as "
        f"select '{PERSON}' as customer_id"
    )
    listed = SuppressionList.read(suppression_list_of(workspace.folder)).with_customers([PERSON])

    listed.write()
    assert "was broken off before all was removed: run `csat forget-customer`" in refusal(workspace)

    listed.all_removed().write()
    restored = refusal(workspace)
    assert "holds customers who were forgotten" in restored
    assert PERSON not in restored

    workspace.execute(
        "drop table staging.base_company__customers; create or replace table "
        "staging.forgotten_customers as select 'a hash' as customer_hash"
    )
    assert "no longer on the suppression list" in refusal(workspace)


def refusal(workspace: Workspace) -> str:
    """Return why a run stops before its first model."""
    outcome = workspace.dbt("run", "--select", "source_inventory")
    assert not outcome.succeeded
    return outcome.output


def test_the_next_run_of_a_whole_company_scores_the_last_day_alone(
    company: Workspace, monkeypatch: pytest.MonkeyPatch
):
    """Rows that went are no news of the days before, and nothing of the person is left anywhere."""
    in_environment(company, monkeypatch)
    # A copy of a warehouse reads the history of the other one.
    for name in ("csat_generations", "csat_history"):
        shutil.rmtree(company.folder / "warehouse" / name)
    (company.folder / "warehouse" / "csat.duckdb").unlink()
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
    with duckdb.connect(str(company.build_file), read_only=True) as connection:
        for schema, table in connection.execute(
            "select schema_name, table_name from duckdb_tables()"
        ).fetchall():
            for text in (person, response_id):
                assert not connection.execute(
                    f'select 1 from "{schema}"."{table}" as row '
                    "where contains(row::varchar, $1) limit 1",
                    [text],
                ).fetchall(), (table, text)

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
        keys = " union ".join(
            f"select {key} as value from staging.base_company__{table} where {key} is not null"
            for key, table in tables.items()
        )
        connection.execute(f"create temp table key_values as {keys}")
        unknown = [
            f"{table}.{column}"
            for schema, table, column in connection.execute(
                "select columns.schema_name, columns.table_name, columns.column_name "
                "from duckdb_columns() as columns inner join duckdb_tables() as tables "
                "using (table_oid) where data_type = 'VARCHAR' and not columns.internal "
                "and columns.schema_name <> 'main'"
            ).fetchall()
            if persons.key_of(column) is None
            and column not in ("record_key", "raw_record")
            and connection.execute(
                f'select 1 from "{schema}"."{table}" where "{column}" in (from key_values) limit 1'
            ).fetchall()
        ]
    assert unknown == []
