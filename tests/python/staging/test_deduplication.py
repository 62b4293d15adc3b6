"""Of several deliveries of a key one row is accepted; the others are superseded or refused."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from companies import valid_row, write_company, write_csv
from harness import Workspace

FIRST, SECOND, THIRD = (f"2026-03-0{day} 06:00:00" for day in (2, 3, 4))


@dataclass(frozen=True)
class Row:
    """One delivery of a contact: the file it is in, when it was loaded, and its topic."""

    file: str
    loaded_at: str | None
    topic: str
    changes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Case:
    """Deliveries of one key, and what becomes of them."""

    rows: tuple[Row, ...]
    accepted: str | None
    superseded: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()


BROKEN = (("customer_id", "nobody"),)
UNREADABLE = (("transfers", "many"),)
CASES = {
    "newest_loaded_at_wins": Case(
        (Row("a", FIRST, "old"), Row("a", THIRD, "new"), Row("a", SECOND, "middle")),
        accepted="new",
        superseded=("middle", "old"),
        versions=("old", "middle", "new"),
    ),
    "newest_loaded_at_wins_across_files": Case(
        (Row("b", FIRST, "old"), Row("a", SECOND, "new")),
        accepted="new",
        superseded=("old",),
        versions=("old", "new"),
    ),
    "exact_copies_are_superseded": Case(
        (Row("a", FIRST, "same"), Row("a", FIRST, "same"), Row("b", FIRST, "same")),
        accepted="same",
        superseded=("same", "same"),
        versions=("same",),
    ),
    "same_time_in_a_later_file_supersedes": Case(
        (Row("b", FIRST, "corrected"), Row("a", FIRST, "wrong")),
        accepted="corrected",
        superseded=("wrong",),
        versions=("corrected",),
    ),
    "same_time_in_one_file_is_a_duplicate": Case(
        (Row("a", FIRST, "apple"), Row("a", FIRST, "pear"), Row("a", FIRST, "apple")),
        accepted="pear",
        rejected=("apple", "apple"),
        versions=("pear",),
    ),
    "same_time_in_one_file_is_a_duplicate_in_either_order": Case(
        (Row("a", FIRST, "pear"), Row("a", FIRST, "apple")),
        accepted="pear",
        rejected=("apple",),
        versions=("pear",),
    ),
    "duplicate_is_behind_a_newer_version": Case(
        (Row("a", FIRST, "apple"), Row("a", FIRST, "pear"), Row("b", SECOND, "new")),
        accepted="new",
        superseded=("pear",),
        rejected=("apple",),
        versions=("pear", "new"),
    ),
    "invalid_newest_leaves_the_older_valid_one": Case(
        (Row("a", FIRST, "valid"), Row("b", SECOND, "broken", BROKEN)),
        accepted="valid",
        rejected=("broken",),
        versions=("valid",),
    ),
    "unreadable_newest_leaves_the_older_valid_one": Case(
        (Row("a", FIRST, "valid"), Row("b", SECOND, "broken", UNREADABLE)),
        accepted="valid",
        rejected=("broken",),
        versions=("valid",),
    ),
    "invalid_row_between_two_versions_is_no_version": Case(
        (
            Row("a", FIRST, "old"),
            Row("b", SECOND, "broken", BROKEN),
            Row("c", THIRD, "new"),
        ),
        accepted="new",
        superseded=("old",),
        rejected=("broken",),
        versions=("old", "new"),
    ),
    "invalid_copy_of_a_valid_row_is_rejected": Case(
        (Row("a", FIRST, "valid"), Row("a", FIRST, "broken", BROKEN)),
        accepted="valid",
        rejected=("broken",),
        versions=("valid",),
    ),
    "only_invalid_rows": Case(
        (Row("a", FIRST, "one", BROKEN), Row("a", FIRST, "one", BROKEN)),
        accepted=None,
        rejected=("one", "one"),
    ),
    "without_loaded_at_the_later_file_wins": Case(
        (Row("c", None, "later"), Row("a", None, "earlier")),
        accepted="later",
        superseded=("earlier",),
        versions=("later",),
    ),
    "row_with_loaded_at_is_newer_than_the_event_itself": Case(
        (Row("c", None, "event"), Row("a", FIRST, "loaded")),
        accepted="loaded",
        superseded=("event",),
        versions=("event", "loaded"),
    ),
    "keys_differ_in_case": Case((Row("a", FIRST, "only"),), accepted="only", versions=("only",)),
    "KEYS_DIFFER_IN_CASE": Case((Row("b", FIRST, "only"),), accepted="only", versions=("only",)),
}


@pytest.fixture(scope="module")
def company(new_workspace: Callable[[], Workspace]) -> Workspace:
    """A company with the deliveries of every case, staged."""
    workspace = new_workspace()
    write_company(
        workspace.source,
        {
            "customers": [valid_row("customers")],
            "survey_responses": [valid_row("survey_responses")],
        },
    )
    files: dict[str, list[dict]] = {}
    for key, case in CASES.items():
        for row in case.rows:
            contact = valid_row(
                "contacts",
                contact_id=key,
                topic=row.topic,
                **{"loaded_at": row.loaded_at, **dict(row.changes)},
            )
            files.setdefault(row.file, []).append(contact)
    for name, rows in files.items():
        write_csv(workspace.source / "contacts" / f"{name}.csv", rows)
    workspace.stage()
    return workspace


@pytest.fixture(scope="module")
def fates(company: Workspace) -> dict[str, dict[str, list[str]]]:
    """Topics by key and fate."""
    rows = company.query(
        """
        select
            coalesce(contact_id, record_key) as key,
            case
                when rejection_rule is not null then 'rejected'
                when superseded_at is null then 'accepted'
                else 'superseded'
            end as fate,
            coalesce(topic, raw_record ->> 'topic') as topic
        from staging.base_company__contacts
        order by topic
        """
    )
    found: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        found.setdefault(row["key"], {}).setdefault(row["fate"], []).append(row["topic"])
    return found


@pytest.mark.parametrize("key", CASES)
def test_one_row_of_a_key_is_accepted(fates: dict[str, dict[str, list[str]]], key: str) -> None:
    case = CASES[key]
    assert fates[key].get("accepted", []) == ([case.accepted] if case.accepted else [])


@pytest.mark.parametrize("key", CASES)
def test_other_rows_of_a_key_are_superseded_or_rejected(
    fates: dict[str, dict[str, list[str]]], key: str
) -> None:
    case = CASES[key]
    assert fates[key].get("superseded", []) == sorted(case.superseded)
    assert fates[key].get("rejected", []) == sorted(case.rejected)


@pytest.mark.parametrize("key", CASES)
def test_versions_follow_each_other_without_a_gap(company: Workspace, key: str) -> None:
    versions = company.query(
        "select topic, loaded_at, superseded_at from staging.stg_company__contacts_versions "
        f"where contact_id = '{key}' order by loaded_at"
    )
    assert tuple(row["topic"] for row in versions) == CASES[key].versions
    loaded = [row["loaded_at"] for row in versions]
    assert [row["superseded_at"] for row in versions] == [*loaded[1:], None][: len(versions)]


def test_duplicate_says_why(company: Workspace) -> None:
    rows = company.query(
        "from staging.stg_rejected_records "
        "where record_key = 'same_time_in_one_file_is_a_duplicate'"
    )
    assert {row["rule"] for row in rows} == {"duplicate_key"}
    assert {json.loads(row["raw_record"])["topic"] for row in rows} == {"apple"}


def test_loaded_at_is_the_time_of_the_event_where_it_is_absent(company: Workspace) -> None:
    (loaded_at,) = company.values(
        "select loaded_at from staging.stg_company__contacts "
        "where contact_id = 'without_loaded_at_the_later_file_wins'"
    )
    assert loaded_at == datetime.datetime(2026, 3, 1, 8)
