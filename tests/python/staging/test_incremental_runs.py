"""Whatever came in whatever order: runs day after day end where one full refresh ends."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from companies import (
    CONTRACT,
    change_contents_only,
    required_tables,
    valid_row,
    write_company,
    write_csv,
)
from harness import Outcome, Workspace
from repeated_runs import RepeatedRuns

CHANGING = ("base_company__contacts", "base_company__survey_responses", "base_company__bills")
TABLES = ("customers", "contacts", "survey_responses", "bills")
RUNS = RepeatedRuns(
    tuple(f"+{name}" for name in CHANGING),
    tuple(f"staging.base_company__{table}" for table in TABLES),
)


def assert_counts_are_those_of_all_rows(workspace: Workspace) -> None:
    """Compare what was counted as rows were written with a count of all rows."""
    for table in TABLES:
        event_at = CONTRACT[table].event_time
        assert workspace.query(
            f"from staging.rows_by_fate where reader = 'base_company__{table}'"
        ) == workspace.query(
            f"""
            select
                'base_company__{table}' as reader,
                count(*) filter (where rejection_rule is null and superseded_at is null)
                    as rows_accepted,
                count(*) filter (where rejection_rule is null and superseded_at is not null)
                    as rows_superseded,
                count(*) filter (where rejection_rule <> 'forgotten_customer') as rows_rejected,
                min({event_at}::timestamp) filter (where rejection_rule is null) as first_event_at,
                max({event_at}::timestamp) filter (where rejection_rule is null) as last_event_at,
                count(*) filter (where rejection_rule = 'forgotten_customer') as rows_forgotten
            from staging.base_company__{table}
            """
        ), table


def compiled(workspace: Workspace, table: str) -> str:
    """Return the last compiled SQL of a base model."""
    (path,) = (workspace.folder / "target" / "compiled").rglob(f"base_company__{table}.sql")
    return path.read_text(encoding="utf-8")


def random_row(chance: random.Random, table: str, day: int) -> dict[str, str | None]:
    """Return a row that is new, an update, late, or broken."""
    loaded_day = day if chance.random() < 0.7 else chance.randint(1, day)
    loaded_at = f"2026-03-{loaded_day + 1:02d} 06:00:00" if chance.random() < 0.9 else None
    number = chance.randint(1, 8 * day)
    customer = f"c{chance.randint(1, 3 * day)}"
    changes: dict[str, str | None] = {"loaded_at": loaded_at, "customer_id": customer}
    if table == "contacts":
        changes |= {"contact_id": f"t{number}", "topic": chance.choice("ab")}
        if chance.random() < 0.1:
            changes["transfers"] = chance.choice(["-1", "many"])
    elif table == "survey_responses":
        changes |= {"response_id": f"r{number}", "answer": str(chance.randint(7, 11))}
    elif table == "bills":
        changes |= {"bill_id": chance.choice([f"b{number}", f"b{number}", ""])}
    else:
        changes |= {"region": chance.choice("ns"), "closed_at": None}
        if chance.random() < 0.15:
            changes["customer_since"] = chance.choice(["2999-01-01", "", "never"])
    return valid_row(table, **changes)


def deliver(chance: random.Random, folder: Path, day: int) -> None:
    """Add the files of a day; now and then change or remove an earlier one."""
    for table in TABLES:
        if chance.random() < 0.8 or day == 1:
            rows = [random_row(chance, table, day) for _ in range(chance.randint(1, 25))]
            write_csv(folder / table / f"{chance.randint(10, 99)}_{day}.csv", rows)
        files = sorted((folder / table).iterdir())
        if len(files) > 2 and chance.random() < 0.4:
            chance.choice(files).unlink()
        elif chance.random() < 0.4:
            rows = [random_row(chance, table, day) for _ in range(chance.randint(0, 10))]
            write_csv(chance.choice(files), rows, list(valid_row(table)))


@pytest.mark.parametrize("seed", [2, 3])
def test_any_sequence_of_deliveries_equals_one_full_refresh(
    workspace: Workspace, seed: int
) -> None:
    chance = random.Random(seed)
    for day in range(1, 8):
        deliver(chance, workspace.source, day)
        RUNS.run(workspace)
        assert_counts_are_those_of_all_rows(workspace)
        if day in (3, 5):
            copy = workspace.copy(workspace.folder.with_name(f"{workspace.folder.name}_{day}"))
            RUNS.assert_equal_full_refresh(copy)
    assert all(RUNS.rows(workspace).values())
    RUNS.assert_equal_full_refresh(workspace)


def write_two_days(workspace: Workspace) -> tuple[Path, Path]:
    """Write a company whose contacts came on two days; return the two files."""
    write_company(workspace.source, required_tables())
    folder = workspace.source / "contacts"
    return (
        write_csv(folder / "day_1.csv", [valid_row("contacts", contact_id="t1", topic="old")]),
        write_csv(folder / "day_2.csv", [valid_row("contacts", contact_id="t2")]),
    )


def accepted(workspace: Workspace, table: str, column: str) -> list[str]:
    """Return a column of the accepted rows."""
    return workspace.values(
        f"select {column} from staging.base_company__{table} "
        "where rejection_rule is null and superseded_at is null order by 1"
    )


def rules(workspace: Workspace, table: str) -> list[str | None]:
    """Return the rule that each row of a table breaks."""
    return workspace.values(f"select rejection_rule from staging.base_company__{table} order by 1")


def test_run_reads_only_new_files(workspace: Workspace) -> None:
    first, _ = write_two_days(workspace)
    RUNS.run(workspace)
    contents = first.read_bytes()
    change_contents_only(first, b"\xff")
    late = valid_row("contacts", contact_id="t1", topic="new", loaded_at="2026-03-05 06:00:00")
    write_csv(workspace.source / "contacts" / "day_3.csv", [late])
    RUNS.run(workspace)
    assert accepted(workspace, "contacts", "topic") == ["bill", "new"]
    assert "day_3.csv" in compiled(workspace, "contacts")
    assert "day_2.csv" not in compiled(workspace, "contacts")
    change_contents_only(first, contents)
    RUNS.assert_equal_full_refresh(workspace)


def test_run_without_news_reads_and_changes_nothing(workspace: Workspace) -> None:
    write_two_days(workspace)
    write_csv(workspace.source / "bills.csv", [], list(valid_row("bills")))
    RUNS.run(workspace)
    before = RUNS.rows(workspace)
    RUNS.run(workspace)
    assert RUNS.rows(workspace) == before
    for table in TABLES:
        assert "read_csv" not in compiled(workspace, table)


def test_touched_file_with_equal_contents_changes_nothing_but_its_fingerprint(
    workspace: Workspace,
) -> None:
    first, _ = write_two_days(workspace)
    RUNS.run(workspace)
    status = first.stat()
    os.utime(first, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000_000))
    RUNS.run(workspace)
    assert accepted(workspace, "contacts", "contact_id") == ["t1", "t2"]
    RUNS.assert_equal_full_refresh(workspace)


def test_removed_file_takes_its_rows_along_and_gives_older_ones_back(
    workspace: Workspace,
) -> None:
    write_two_days(workspace)
    newer = valid_row("contacts", contact_id="t1", topic="new", loaded_at="2026-03-05 06:00:00")
    path = write_csv(
        workspace.source / "contacts" / "day_3.csv",
        [newer, valid_row("contacts", contact_id="t3"), valid_row("contacts", contact_id="")],
    )
    RUNS.run(workspace)
    assert accepted(workspace, "contacts", "topic") == ["bill", "bill", "new"]
    path.unlink()
    RUNS.run(workspace)
    assert accepted(workspace, "contacts", "topic") == ["bill", "old"]
    assert rules(workspace, "contacts") == [None, None]
    RUNS.assert_equal_full_refresh(workspace)


def test_removed_table_is_empty(workspace: Workspace) -> None:
    write_two_days(workspace)
    RUNS.run(workspace)
    for path in (workspace.source / "contacts").iterdir():
        path.unlink()
    RUNS.run(workspace)
    assert rules(workspace, "contacts") == []


def test_row_of_an_unknown_customer_is_taken_in_when_the_customer_arrives(
    workspace: Workspace,
) -> None:
    write_two_days(workspace)
    path = write_csv(
        workspace.source / "bills.csv",
        [valid_row("bills", customer_id="c2"), valid_row("bills", bill_id="b2")],
    )
    RUNS.run(workspace)
    assert rules(workspace, "bills") == ["unknown_customer", None]
    customers = [valid_row("customers"), valid_row("customers", customer_id="c2")]
    write_csv(workspace.source / "customers.csv", customers)
    contents = path.read_bytes()
    change_contents_only(path, b"\xff")
    RUNS.run(workspace)
    assert accepted(workspace, "bills", "bill_id") == ["b1", "b2"]
    change_contents_only(path, contents)
    RUNS.assert_equal_full_refresh(workspace)


def test_rows_of_a_customer_that_is_withdrawn_are_refused(workspace: Workspace) -> None:
    write_two_days(workspace)
    customers = [valid_row("customers"), valid_row("customers", customer_id="c2")]
    write_csv(workspace.source / "customers.csv", customers)
    write_csv(workspace.source / "bills.csv", [valid_row("bills", customer_id="c2")])
    RUNS.run(workspace)
    assert rules(workspace, "bills") == [None]
    write_csv(workspace.source / "customers.csv", customers[:1])
    RUNS.run(workspace)
    assert rules(workspace, "bills") == ["unknown_customer"]
    RUNS.assert_equal_full_refresh(workspace)


def test_customer_that_was_withdrawn_while_only_some_models_ran_is_noticed(
    workspace: Workspace,
) -> None:
    write_two_days(workspace)
    customers = [valid_row("customers"), valid_row("customers", customer_id="c2")]
    write_csv(workspace.source / "customers.csv", customers)
    write_csv(workspace.source / "bills.csv", [valid_row("bills", customer_id="c2")])
    RUNS.run(workspace)
    write_csv(workspace.source / "customers.csv", customers[:1])
    outcome = workspace.dbt("run", "--select", "source_inventory", "base_company__bills")
    assert outcome.succeeded, outcome.errors
    RUNS.run(workspace)
    assert rules(workspace, "bills") == ["unknown_customer"]
    RUNS.assert_equal_full_refresh(workspace)


def test_instrument_and_answer_count_from_when_the_seed_names_them(workspace: Workspace) -> None:
    write_company(workspace.source, required_tables(instrument_id="doorbell", answer="ding"))
    RUNS.run(workspace)
    assert rules(workspace, "survey_responses") == ["unknown_instrument"]
    instruments = workspace.folder / "seeds" / "survey_instruments.csv"
    before = instruments.read_text(encoding="utf-8")
    instruments.write_text(before + "doorbell,csat,transactional,door,1,How was it?\n", "utf-8")
    RUNS.run(workspace)
    assert rules(workspace, "survey_responses") == ["answer_outside_scale"]
    answers = workspace.folder / "seeds" / "survey_scale_answers.csv"
    answers.write_text(
        answers.read_text(encoding="utf-8") + "door,ding,1,true,false,100\n", "utf-8"
    )
    RUNS.run(workspace)
    assert rules(workspace, "survey_responses") == [None]
    instruments.write_text(before, encoding="utf-8")
    RUNS.run(workspace)
    assert rules(workspace, "survey_responses") == ["unknown_instrument"]


def test_other_tolerance_judges_earlier_rows_again(workspace: Workspace) -> None:
    write_two_days(workspace)
    ahead = valid_row("bills", issued_at="2026-03-04 06:00:00", loaded_at="2026-03-02 06:00:00")
    write_csv(workspace.source / "bills.csv", [ahead])
    RUNS.run(workspace)
    assert rules(workspace, "bills") == ["in_the_future"]
    RUNS.run(workspace, "--vars", "{future_tolerance_days: 2}")
    assert rules(workspace, "bills") == [None]
    RUNS.run(workspace)
    assert rules(workspace, "bills") == ["in_the_future"]


@pytest.mark.parametrize("models_started", [1, 6, 13])
def test_killed_run_is_recovered_by_running_again(
    workspace: Workspace, models_started: int
) -> None:
    chance = random.Random(models_started)
    deliver(chance, workspace.source, 1)
    arguments = ("build", "--select", "path:models/staging", "+path:models/staging/company/base")
    line = "START sql incremental model"
    assert workspace.kill_dbt_when(line, models_started, *arguments)
    RUNS.run(workspace)
    deliver(chance, workspace.source, 2)
    deliver(chance, workspace.source, 3)
    assert workspace.kill_dbt_when(line, models_started, *arguments)
    RUNS.run(workspace)
    RUNS.assert_equal_full_refresh(workspace)


def test_contract_that_changes_reads_its_table_again(workspace: Workspace) -> None:
    write_two_days(workspace)
    RUNS.run(workspace)
    contract = workspace.folder / "models" / "staging" / "company" / "_company__sources.yml"
    text = contract.read_text(encoding="utf-8")
    rule = "ends_before_start: resolved_at < started_at"
    assert text.count(rule) == 1
    contract.write_text(text.replace(rule, f"{rule} or topic = 'old'"), encoding="utf-8")
    RUNS.run(workspace)
    assert rules(workspace, "contacts") == ["ends_before_start", None]
    assert "read_csv" not in compiled(workspace, "survey_responses")


def test_deliveries_that_are_gone_are_told(workspace: Workspace) -> None:
    """A table that vanishes takes its rows with it; nobody should learn that from the marts."""
    write_company(workspace.source, required_tables())
    path = write_csv(workspace.source / "bills.csv", [valid_row("bills")])
    RUNS.run(workspace)
    path.unlink()
    outcome = workspace.dbt("run", "--select", *RUNS.selected)
    assert outcome.succeeded, outcome.errors
    assert "Of bills 1 deliveries that were read before are gone" in outcome.output
    assert "company/bills.csv" in outcome.output
    assert workspace.query("from staging.base_company__bills") == []
    assert "are gone" not in workspace.dbt("run", "--select", *RUNS.selected).output


# --- what a day is tested by ------------------------------------------------------------


def build(workspace: Workspace) -> Outcome:
    """Build the contacts with their tests."""
    selected = ("+int_contact_activity", "+stg_rejected_records")
    return workspace.build("--select", *selected)


def untested(workspace: Workspace, table: str) -> list[str | None]:
    """Return the keys of a table that its tests have not seen."""
    return workspace.values(
        "select record_key from staging.untested_rows "
        f"where reader = 'base_company__{table}' order by 1 nulls first"
    )


def test_tests_of_a_day_look_at_the_keys_that_it_wrote(workspace: Workspace) -> None:
    write_two_days(workspace)
    RUNS.run(workspace)
    assert untested(workspace, "contacts") == [None]
    outcome = build(workspace)
    assert outcome.succeeded, outcome.errors
    write_csv(workspace.source / "contacts" / "day_3.csv", [valid_row("contacts", contact_id="t3")])
    RUNS.run(workspace)
    assert untested(workspace, "contacts") == ["t3"]
    # A row that no run wrote is nothing for the tests of a day, but for those of all rows.
    doubled = "insert into staging.base_company__contacts from staging.base_company__contacts "
    workspace.execute(doubled + "where contact_id = 't1'")
    outcome = build(workspace)
    assert outcome.succeeded, outcome.errors
    tested = workspace.dbt("test", "--select", "base_company__contacts")
    assert "one_accepted_row_per_key_base_company__contacts" in tested.errors


def test_what_a_test_has_found_is_found_until_it_is_mended(workspace: Workspace) -> None:
    write_two_days(workspace)
    outcome = build(workspace)
    assert outcome.succeeded, outcome.errors
    write_csv(workspace.source / "contacts" / "day_3.csv", [valid_row("contacts", contact_id="t3")])
    RUNS.run(workspace)
    doubled = "insert into staging.base_company__contacts from staging.base_company__contacts "
    workspace.execute(doubled + "where contact_id = 't3'")
    for _ in range(2):
        assert "one_accepted_row_per_key_base_company__contacts" in build(workspace).errors
    assert "t3" in untested(workspace, "contacts")


def test_full_refresh_tests_all_rows(workspace: Workspace) -> None:
    write_two_days(workspace)
    RUNS.run(workspace)
    workspace.execute("delete from staging.untested_rows")
    RUNS.run(workspace)
    assert untested(workspace, "contacts") == []
    RUNS.run(workspace, "--full-refresh")
    assert untested(workspace, "contacts") == [None]


def test_rows_counted_otherwise_than_they_are_fail_the_tests_of_all_rows(
    workspace: Workspace,
) -> None:
    write_company(workspace.source, required_tables())
    outcome = workspace.build("--select", "+source_row_counts")
    assert outcome.succeeded, outcome.errors
    workspace.execute("delete from staging.base_company__survey_responses")
    outcome = workspace.dbt("test", "--select", "source_row_counts")
    assert "Failure in test assert_every_received_row_is_accounted_for" in outcome.errors
    assert "Got 1 result" in outcome.errors


def test_rows_lie_in_the_order_of_their_loading(workspace: Workspace) -> None:
    """The engine skips old rows by their time only where they lie together."""
    rows = [
        valid_row("contacts", contact_id=f"t{i}", loaded_at=f"2026-03-{1 + i * 7 % 9:02d} 06:00:00")
        for i in range(40)
    ]
    write_company(workspace.source, required_tables())
    write_csv(workspace.source / "contacts.csv", rows)
    RUNS.run(workspace)
    times = workspace.values("select loaded_at from staging.base_company__contacts order by rowid")
    assert times == sorted(times)
