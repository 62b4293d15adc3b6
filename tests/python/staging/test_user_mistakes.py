"""A mistake of the user stops the run with one sentence that names the thing and the mend."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from companies import (
    CONTRACT,
    as_columns,
    required_tables,
    valid_row,
    write_company,
    write_csv,
    write_parquet,
)
from harness import Outcome, Workspace


def plant_mistakes(folder: Path) -> dict[str, tuple[str, ...]]:
    """Make a mistake in each table; return what the sentence must hold, by table."""
    write_csv(folder / "customers.csv", [valid_row("customers")])
    write_csv(folder / "contacts.csv", [{"contact_id": "t1", "started_at": "2026-03-01"}])
    (folder / "agents.csv").write_text("Ada,red\nBob,blue\n")
    path = write_csv(folder / "bills.csv", [valid_row("bills")] * 3)
    path.write_text(path.read_text() + 'b9,"never closed\n')
    (folder / "payments.csv").write_text("payment_id,customer_id\n", encoding="utf-16")
    (folder / "interruptions.parquet").write_bytes(b"PAR1 not Parquet PAR1")
    columns = {**as_columns([valid_row("engagement_events")]), "occurred_at": pa.array([True])}
    write_parquet(folder / "engagement_events.parquet", columns)
    write_csv(folder / "survey_invitations.csv", [valid_row("survey_invitations")])
    write_csv(folder / "survey_invitations" / "a.csv", [valid_row("survey_invitations")])
    (folder / "programs.csv").write_bytes(
        "program_id,program_name\n1,Süd\n2,Süd\n".encode() + b"3,S\xfcd\n"
    )
    (folder / "program_enrollments.csv").write_text("program_id,program_id\n")
    return {
        "contacts": ("contacts.csv has no column customer_id", "needs it"),
        "agents": ("agents.csv has no header", "agent_id"),
        "bills": ("bills.csv has a double quote in line 5", "close it"),
        "payments": ("payments.csv is written in UTF-16", "save it as UTF-8"),
        "interruptions": ("interruptions.parquet cannot be read as Parquet", "write it again"),
        "engagement_events": (
            "The column occurred_at of ",
            "company/engagement_events.parquet has the type BOOLEAN",
            "deliver timestamps such as 2026-03-31 14:05:00",
        ),
        "survey_invitations": ("(survey_invitations.csv and survey_invitations)", "keep one"),
        "survey_responses": ("survey_responses is missing", "put survey_responses.parquet"),
        "programs": ("programs.csv is damaged", "export it again as UTF-8"),
        "program_enrollments": ("has the column program_id twice", "rename or remove"),
    }


@pytest.fixture(scope="module")
def mistakes(
    new_workspace: Callable[[], Workspace],
) -> tuple[Outcome, dict[str, tuple[str, ...]]]:
    """One company with a mistake in every table, and what dbt said of it."""
    workspace = new_workspace()
    said = plant_mistakes(workspace.source)
    outcome = workspace.try_stage()
    assert not outcome.succeeded
    return outcome, said


TABLES_WITH_MISTAKES = (
    *("contacts", "agents", "bills", "payments", "interruptions"),
    *("engagement_events", "survey_invitations", "survey_responses", "programs"),
    "program_enrollments",
)


@pytest.mark.parametrize("table", TABLES_WITH_MISTAKES)
def test_mistake_is_told_in_one_sentence(
    mistakes: tuple[Outcome, dict[str, tuple[str, ...]]], table: str
) -> None:
    outcome, said = mistakes
    lines = {line.strip() for line in outcome.output.splitlines()}
    (sentence,) = [line for line in lines if all(part in line for part in said[table])]
    assert re.fullmatch(r"[^\n]{20,400}\.", sentence)


def test_no_mistake_shows_a_traceback(
    mistakes: tuple[Outcome, dict[str, tuple[str, ...]]],
) -> None:
    outcome, said = mistakes
    assert "Traceback" not in outcome.output
    assert set(said) == set(TABLES_WITH_MISTAKES)


def test_all_mistakes_are_told_at_once(workspace: Workspace) -> None:
    """A mistake in the customers must not hide those of the tables that wait for them."""
    said = plant_mistakes(workspace.source)
    (workspace.source / "customers.csv").unlink()
    outcome = workspace.try_stage()
    assert not outcome.succeeded
    assert "The table customers is missing" in outcome.output
    for parts in said.values():
        assert all(part in outcome.output for part in parts)


def test_missing_folder_stops_the_run_with_exit_code_1(workspace: Workspace) -> None:
    # The folder is taken away: another name of it would make dbt parse everything anew.
    workspace.source.rmdir()
    outcome = workspace.dbt_process("build", "--select", "+base_company__customers")
    assert outcome.exit_code == 1
    assert (
        "The table customers is missing: the folder company does not exist; "
        "set CSAT_SOURCE to the folder, or to schema:NAME, that holds your tables."
    ) in outcome.output
    assert "Traceback" not in outcome.output


#: Vars that no run can use, and what is said of them.
UNUSABLE = [
    (
        "{as_of_date: yesterday}",
        "The var as_of_date is 'yesterday': write it as YYYY-MM-DD, or leave it empty.",
    ),
    (
        "{as_of_date: '2026-02-30'}",
        "The var as_of_date is '2026-02-30': write it as YYYY-MM-DD, or leave it empty.",
    ),
    (
        "{future_tolerance_days: 1.5}",
        "The var future_tolerance_days is '1.5': give a whole number of days, 0 or more.",
    ),
    (
        "{future_tolerance_days: -1}",
        "The var future_tolerance_days is '-1': give a whole number of days, 0 or more.",
    ),
    (
        "{max_rejected_share: 5}",
        "The var max_rejected_share is '5': give a share from 0 to 1.",
    ),
    (
        "{time_zone: Berlin}",
        "The var time_zone is 'Berlin': give a name of the IANA, such as Europe/Berlin or UTC.",
    ),
    (
        "{comment_reading_days: 399}",
        "The var comment_reading_days is '399': give a whole number of days, 400 or more.",
    ),
    (
        "{coaching_days: many}",
        "The var coaching_days is 'many': give a whole number of days, 1 or more.",
    ),
    ("{publish_parquet: always}", "The var publish_parquet is 'always': give true or false."),
    ("{as_of_dat: 2026-03-01}", "There is no var as_of_dat: use one of source_location, as_of"),
]


@pytest.fixture(scope="module")
def seed_with(new_workspace: Callable[[], Workspace]) -> Callable[..., Outcome]:
    """Run a seed with vars or environment variables, each of which would have dbt parse anew."""
    workspace = new_workspace()
    manifest = workspace.parsed()

    def run(variables: str = "{}", **environment: str) -> Outcome:
        return Workspace(workspace.folder, environment).dbt(
            *("seed", "--select", "survey_instruments", "--vars", variables), manifest=manifest
        )

    return run


def test_day_of_the_calendar_is_accepted_as_a_var(seed_with: Callable[..., Outcome]) -> None:
    outcome = seed_with("{as_of_date: 2028-02-29}")
    assert outcome.succeeded, outcome.errors


@pytest.mark.parametrize(("variables", "sentence"), UNUSABLE)
def test_unusable_var_is_told_in_one_sentence(
    seed_with: Callable[..., Outcome], variables: str, sentence: str
) -> None:
    outcome = seed_with(variables)
    assert not outcome.succeeded
    assert sentence in outcome.output
    assert "Traceback" not in outcome.output


def test_empty_source_location_is_told_in_one_sentence(seed_with: Callable[..., Outcome]) -> None:
    outcome = seed_with(CSAT_SOURCE="")
    assert not outcome.succeeded
    assert "source_location is empty: give the folder, or schema:NAME" in outcome.output


def test_mended_mistake_is_forgotten(workspace: Workspace) -> None:
    write_company(workspace.source, required_tables())
    (workspace.source / "contacts.csv").write_text("contact,customer\n1,2\n")
    assert not workspace.try_stage().succeeded
    write_csv(workspace.source / "contacts.csv", [valid_row("contacts")])
    workspace.stage()
    assert workspace.values("select contact_id from staging.stg_company__contacts") == ["t1"]


def test_smallest_company_is_enough(workspace: Workspace) -> None:
    write_company(workspace.source, required_tables())
    (workspace.source / "contacts.csv").touch()
    write_csv(workspace.source / "bills.csv", [], list(valid_row("bills")))
    empty = {name: values.slice(0, 0) for name, values in as_columns([valid_row("agents")]).items()}
    write_parquet(workspace.source / "agents.parquet", empty)
    (workspace.source / "payments").mkdir()
    workspace.stage()
    counts = {
        table: workspace.values(f"select count(*) from staging.stg_company__{table}")[0]
        for table in CONTRACT
    }
    assert counts == {table: int(table in required_tables()) for table in CONTRACT}
    types = workspace.query(
        "select table_name, column_name, data_type from information_schema.columns "
        "where table_schema = 'staging' and table_name like 'stg_company__%'"
    )
    found = {(row["table_name"], row["column_name"]): row["data_type"].lower() for row in types}
    for table in CONTRACT.values():
        for column in table.columns:
            name = "amount_cents" if column.name == "amount" else column.name
            data_type = "bigint" if column.name == "amount" else column.data_type
            assert found[f"stg_company__{table.name}", name] == data_type
