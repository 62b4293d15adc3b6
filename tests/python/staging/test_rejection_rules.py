"""Every rule of the contract refuses the row that breaks it, and no other."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from companies import CONTRACT, LOADED_AT, own_key, valid_row, write_company
from harness import CHECKOUT, Workspace

from csat.contract import CONTRACT_FILE, Column, Table

FAR_AHEAD = "2999-01-01 00:00:00"

UNREADABLE_VALUES = {
    "bigint": (("twelve", "1e30", "nan"), "12.0"),
    "double": (("12,50", "1e16", "inf", "nan"), "12.50"),
    "boolean": (("perhaps", "2"), "N"),
    "timestamp": (
        ("yesterday", "infinity", "-infinity", "epoch", "294248-1-1", "2026-02-30", "12:30"),
        "2026-03-01T08:30:00Z",
    ),
    "date": (("2025-13-01", "-infinity", "epoch"), "2025-12-01"),
}

# For each rule that a table has under `meta`: values that break it, and values that just do not.
TABLE_RULES: dict[tuple[str, str], list[tuple[dict[str, str], dict[str, str]]]] = {
    ("customers", "ends_before_start"): [
        ({"closed_at": "2025-05-31 23:59:59"}, {"closed_at": "2025-06-01 00:00:00"})
    ],
    ("contacts", "response_before_start"): [
        (
            {"first_response_at": "2026-03-01 07:59:59"},
            {"first_response_at": "2026-03-01 08:00:00"},
        ),
        (
            {"first_human_response_at": "2026-03-01 07:59:59"},
            {"first_human_response_at": "2026-03-01 08:00:00"},
        ),
    ],
    ("contacts", "ends_before_start"): [
        ({"resolved_at": "2026-03-01 07:59:59"}, {"resolved_at": "2026-03-01 08:00:00"})
    ],
    ("interruptions", "ends_before_start"): [
        ({"restored_at": "2026-03-01 02:59:59"}, {"restored_at": "2026-03-01 03:00:00"})
    ],
    ("program_enrollments", "ends_before_start"): [
        ({"ended_at": "2026-01-31 23:59:59"}, {"ended_at": "2026-02-01 00:00:00"})
    ],
}


@dataclass(frozen=True)
class Case:
    """A planted row, and a valid one that comes as near to it as it may."""

    table: str
    rule: str
    column: str | None
    planted: dict[str, str | None]
    near_miss: dict[str, str | None]
    tag: str

    def __str__(self) -> str:
        return f"{self.table}-{self.tag}"


def make_case(
    table: Table,
    rule: str,
    column: str | None,
    planted: Mapping[str, str | None],
    near_miss: Mapping[str, str | None],
    variant: str = "",
) -> Case:
    """Return a case whose two rows have keys of their own, where they have keys."""
    tag = "-".join(filter(None, (rule, column, variant)))
    key = own_key(table)
    return Case(
        table.name,
        rule,
        column,
        valid_row(table.name, **{key: f"planted {tag}", **planted}),
        valid_row(table.name, **{key: f"near {tag}", **near_miss}),
        tag,
    )


def without_other_times(table: Table, column: Column) -> dict[str, str | None]:
    """Empty the times that could break a rule together with the column's."""
    return {
        other.name: None
        for other in table.columns
        if other.data_type in ("timestamp", "date")
        and not (other.is_key or other.is_required)
        and other.name not in (column.name, "loaded_at")
    }


def contract_entry(table: str) -> dict:
    """Return what the contract says of a table, with the entries under `meta`."""
    document = yaml.safe_load((CHECKOUT / CONTRACT_FILE).read_text(encoding="utf-8"))
    (entry,) = (entry for entry in document["sources"][0]["tables"] if entry["name"] == table)
    return entry


def column_meta(table: str) -> dict[str, dict]:
    """Return the entries under `meta` of each column of a table."""
    return {
        column["name"]: column.get("config", {}).get("meta", {})
        for column in contract_entry(table)["columns"]
    }


def all_cases() -> list[Case]:
    """Return the cases of every table and every rule that applies to it."""
    return [case for table in CONTRACT.values() for case in cases_of(table)]


def cases_of(table: Table) -> list[Case]:
    """Return the cases that the contract asks for; a rule that nobody planted is a KeyError."""
    meta = column_meta(table.name)
    names = {column.name for column in table.columns}
    cases = []
    for column in table.columns:
        if column.data_type != "varchar":
            bad_values, good = UNREADABLE_VALUES[column.data_type]
            others = without_other_times(table, column)
            near = {} if column.name == "loaded_at" else {**others, column.name: good}
            for bad in bad_values:
                planted = {**others, column.name: bad}
                cases.append(make_case(table, "unparseable_value", column.name, planted, near, bad))
        if column.is_key:
            cases.append(make_case(table, "missing_key", column.name, {column.name: " "}, {}))
        elif column.is_required:
            cases.append(
                make_case(table, "missing_required_value", column.name, {column.name: ""}, {})
            )
        if meta[column.name].get("not_negative"):
            cases.append(
                make_case(
                    table, "negative_value", column.name, {column.name: "-1"}, {column.name: "0"}
                )
            )
        if column.data_type in ("timestamp", "date"):
            cases += future_cases(table, column, meta[column.name].get("may_be_future", False))
    for rule in contract_entry(table.name)["config"]["meta"].get("rules", {}):
        for number, (planted, near) in enumerate(TABLE_RULES[table.name, rule], start=1):
            cases.append(make_case(table, rule, None, planted, near, str(number)))
    if "customer_id" in names and table.name != "customers":
        planted, near = {"customer_id": "C1"}, {"customer_id": "c1 "}
        cases.append(make_case(table, "unknown_customer", "customer_id", planted, near))
    if "instrument_id" in names:
        planted, near = {"instrument_id": "gut_feeling"}, {"instrument_id": "relationship_nps"}
        cases.append(make_case(table, "unknown_instrument", "instrument_id", planted, near))
    for name in names:
        if meta[name].get("is_answer"):
            for bad, good in (("11", "10"), ("-1", "0"), ("8.5", "8.0"), ("yes", " 9 ")):
                cases.append(
                    make_case(table, "answer_outside_scale", name, {name: bad}, {name: good}, bad)
                )
    return cases


def future_cases(table: Table, column: Column, is_exempt: bool) -> list[Case]:
    """Return the case of a time that lies after its own loading, or after the run's clock."""
    if is_exempt:
        return []
    others = without_other_times(table, column)
    if column.name == "loaded_at":
        planted, near = FAR_AHEAD, LOADED_AT
    elif column.data_type == "date":
        planted, near = "2026-03-04", "2026-03-03"
    else:
        planted, near = "2026-03-03 06:00:01", "2026-03-03 06:00:00"
    return [
        make_case(
            table,
            "in_the_future",
            column.name,
            {**others, column.name: planted},
            {**others, column.name: near},
        )
    ]


CASES = all_cases()


@dataclass(frozen=True)
class Judgement:
    """What staging made of the planted company, by table."""

    rejected: dict[str, list[dict]]
    accepted: dict[str, list[dict]]

    def of_rule(self, table: str, rule: str) -> list[dict]:
        """Return the rejected rows of a table and rule."""
        return [row for row in self.rejected[table] if row["rule"] == rule]


@pytest.fixture(scope="module")
def judgement(new_workspace: Callable[[], Workspace]) -> Judgement:
    """A company with every violation planted in it, staged once."""
    workspace = new_workspace()
    for table in CONTRACT.values():
        cases = [case for case in CASES if case.table == table.name]
        rows = [row for case in cases for row in (case.planted, case.near_miss)]
        write_with_file_violations(
            workspace.source, table, [valid_row(table.name), *rows, *same_key_twice(table)]
        )
    workspace.stage()
    rejected = workspace.query("select * from staging.stg_rejected_records")
    return Judgement(
        {table: [row for row in rejected if row["source_table"] == table] for table in CONTRACT},
        {table: workspace.query(f"from staging.stg_company__{table}") for table in CONTRACT},
    )


def same_key_twice(table: Table) -> list[dict]:
    """Return two rows of one key that differ in a column that is not part of it."""
    names = [column.name for column in table.columns if not column.is_key]
    if "customer_id" in names:
        names.remove("customer_id")
    column = "answer" if "answer" in names else "ended_at" if "ended_at" in names else names[0]
    values = {
        "customer_since": ("2025-06-01", "2025-06-02"),
        "ended_at": ("2026-02-10 00:00:00", "2026-02-11 00:00:00"),
        "started_at": ("2026-03-01 02:00:00", "2026-03-01 02:30:00"),
        "issued_at": ("2026-03-01 00:00:00", "2026-03-01 01:00:00"),
        "occurred_at": ("2026-03-01 00:00:00", "2026-03-01 01:00:00"),
        "sent_at": ("2026-03-01 00:00:00", "2026-03-01 01:00:00"),
    }.get(column, ("1", "2"))
    return [
        valid_row(table.name, **{own_key(table): "planted duplicate_key", column: value})
        for value in values
    ]


def write_with_file_violations(folder: Path, table: Table, rows: list[dict]) -> None:
    """Write rows as CSV, and behind them a line that is too long."""
    names = [column.name for column in table.columns]
    long = valid_row(table.name, **{own_key(table): "planted unreadable_line"})
    with (folder / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([row[name] for name in names] for row in rows)
        writer.writerow([long[name] for name in names] + ["one field too many"])


def plain(record: Mapping[str, object]) -> dict[str, str]:
    """Return the filled values of a record as text that does not depend on their types."""
    return {
        name: value_as_text(value)
        for name, value in record.items()
        if value is not None and str(value).strip()
    }


def shown(planted: Mapping[str, object]) -> dict[str, object]:
    """Return a planted row as it is published: without the comment, if there is one."""
    return {
        name: "[withheld]" if name == "comment" and value else value
        for name, value in planted.items()
    }


def value_as_text(value: object) -> str:
    """Return a value as text, whether it was delivered as text or typed."""
    text = str(value).strip().lower()
    try:
        return str(float(text))
    except ValueError:
        return text


@pytest.mark.parametrize("case", CASES, ids=str)
def test_row_that_breaks_a_rule_is_rejected_with_its_reason(
    judgement: Judgement, case: Case
) -> None:
    rows = judgement.of_rule(case.table, case.rule)
    records = [plain(json.loads(row["raw_record"])) for row in rows]
    expected = plain(shown(case.planted))
    assert expected in records, records
    found = rows[records.index(expected)]
    assert found["rejected_column"] == case.column
    assert found["delivery"].endswith(f"{case.table}.csv")
    assert found["loaded_at"] is not None
    if all(case.planted[key] and key != case.column for key in keys_of(case.table)):
        assert f"planted {case.tag}" in found["record_key"]


def keys_of(table: str) -> list[str]:
    """Return the columns of a table's key."""
    return [column.name for column in CONTRACT[table].columns if column.is_key]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_row_that_just_keeps_the_rule_is_accepted(judgement: Judgement, case: Case) -> None:
    key = own_key(CONTRACT[case.table])
    value = str(case.near_miss[key]).strip()
    assert [row for row in judgement.accepted[case.table] if row[key] == value]


@pytest.mark.parametrize("table", CONTRACT)
def test_line_with_too_many_fields_is_rejected(judgement: Judgement, table: str) -> None:
    (row,) = judgement.of_rule(table, "unreadable_line")
    assert "planted unreadable_line" in row["record_key"]
    expected = valid_row(table, **{own_key(CONTRACT[table]): "planted unreadable_line"})
    assert plain(json.loads(row["raw_record"])) == plain(shown(expected))


@pytest.mark.parametrize("table", CONTRACT)
def test_one_of_two_contents_of_a_key_is_rejected(judgement: Judgement, table: str) -> None:
    (row,) = judgement.of_rule(table, "duplicate_key")
    assert "planted duplicate_key" in row["record_key"]
    key = own_key(CONTRACT[table])
    kept = [row for row in judgement.accepted[table] if row[key] == "planted duplicate_key"]
    assert len(kept) == 1


@pytest.mark.parametrize("table", CONTRACT)
def test_nothing_but_what_was_planted_is_rejected(judgement: Judgement, table: str) -> None:
    planted = [case.rule for case in CASES if case.table == table]
    found = [row["rule"] for row in judgement.rejected[table]]
    assert sorted(found) == sorted([*planted, "duplicate_key", "unreadable_line"])


def test_due_and_estimated_times_may_lie_in_the_future(workspace: Workspace) -> None:
    exempt = {
        table: [name for name, meta in column_meta(table).items() if meta.get("may_be_future")]
        for table in CONTRACT
    }
    assert any(exempt.values())
    write_company(
        workspace.source,
        {
            table: [valid_row(table, **dict.fromkeys(names, FAR_AHEAD))]
            for table, names in exempt.items()
        },
    )
    workspace.stage()
    assert workspace.values("select rule from staging.stg_rejected_records") == []


def test_every_rule_of_the_seed_is_planted() -> None:
    with (CHECKOUT / "seeds" / "rejection_rules.csv").open(encoding="utf-8") as file:
        described = {row["rule"] for row in csv.DictReader(file)}
    assert {case.rule for case in CASES} | {"unreadable_line", "duplicate_key"} == described
