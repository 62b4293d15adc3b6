"""What was loaded when: a first load has a past, and nothing that comes later reaches back."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from harness import WITHOUT_TESTS, Workspace
from test_features import FEATURES, MOMENT, MOMENTS, build_features

from csat.contract import load_contract

#: Later than the moment and than any lateness that still counts from the event on.
LATER = f"{MOMENT} + interval 9 day"
ROWS = "intermediate.int_training_rows"


def add_rows(workspace: Workspace, table: str, **columns: str) -> None:
    """Add a copy of a table's first row, with other values given as SQL."""
    path = workspace.source / f"{table}.parquet"
    changes = ", ".join(f"{value} as {column}" for column, value in columns.items())
    connection = duckdb.connect()
    connection.execute(f"create table received as from '{path}'")
    connection.execute(
        f"insert into received select * exclude (number) from (select * replace ({changes}) "
        "from received, range(200) as r(number) where customer_id is not null "
        "qualify row_number() over (partition by number) = 1)"
    )
    connection.execute(f"copy received to '{path}' (format parquet)")


def features_known_then(workspace: Workspace) -> dict[str, dict]:
    """Return the features of each customer at the moment, of what had been loaded by then."""
    (workspace.folder / MOMENTS).write_text(
        f"select customer_id, {MOMENT} as as_of_at, {MOMENT} as known_before "
        "from {{ ref('stg_company__customers') }} -- {{ ref('int_training_rows') }} "
        "{{ ref('int_answers_to_predict') }} {{ ref('int_answers_to_place') }}"
    )
    build_features(workspace)
    return {row["customer_id"]: row for row in workspace.query(f"from {FEATURES}")}


@pytest.fixture(scope="module")
def known_then(
    built_company: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict]:
    """Features of each customer at the moment, of the company as it is."""
    return features_known_then(built_company.copy(tmp_path_factory.mktemp("known") / "company"))


#: Rows that are loaded later, by table, and say that something happened before the moment.
LATER_ROWS = {
    "contacts": {
        "contact_id": "'old ' || number",
        "started_at": "timestamp '2024-01-01' + interval (number) day",
        "resolved_at": "null",
        "first_response_at": "null",
        "first_human_response_at": "null",
    },
    "interruptions": {
        "interruption_id": "'late ' || number",
        "started_at": f"{MOMENT} - interval 30 hour",
        "restored_at": "null",
        "notified_at": "null",
        "estimated_restored_at": "null",
        "is_planned": "false",
        # Late, but not too late to count from the event on.
        "loaded_at": f"{MOMENT} + interval 1 hour",
    },
    "customers": {
        "customer_id": "'more ' || number",
        "customer_since": "date '2020-01-01'",
        "closed_at": "null",
    },
    "bills": {"bill_id": "'old ' || number", "issued_at": f"{MOMENT} - interval 50 day"},
    "engagement_events": {
        "event_id": "'old ' || number",
        "occurred_at": "timestamp '2019-05-05'",
    },
}


def test_rows_loaded_later_change_no_feature_of_before(
    company: Workspace, known_then: dict[str, dict]
):
    for table, columns in LATER_ROWS.items():
        add_rows(company, table, **{"loaded_at": LATER, **columns})

    after = features_known_then(company)

    assert len(known_then) > 250
    assert {customer: after[customer] for customer in known_then} == known_then


def test_a_row_that_was_loaded_before_the_moment_is_seen(
    company: Workspace, known_then: dict[str, dict]
):
    """The test above could not fail if rows were not added as said."""
    add_rows(
        company,
        "interruptions",
        interruption_id="'seen ' || number",
        started_at=f"{MOMENT} - interval 30 hour",
        restored_at="null",
        notified_at="null",
        estimated_restored_at="null",
        is_planned="false",
        loaded_at=f"{MOMENT} - interval 1 hour",
    )

    after = features_known_then(company)

    felt = [c for c in known_then if after[c] != known_then[c]]
    assert len(felt) > 20


def test_a_first_load_of_everything_has_a_past(company: Workspace, known_then: dict[str, dict]):
    for table in load_contract(company.folder).values():
        path = company.source / f"{table.name}.parquet"
        if path.exists():
            connection = duckdb.connect()
            connection.execute(
                "create table received as select * replace "
                f"(greatest(loaded_at, timestamp '2026-10-20') as loaded_at) from '{path}'"
            )
            connection.execute(f"copy received to '{path}' (format parquet)")

    at_once = features_known_then(company)

    for feature in ("contacts_30_days", "logins_30_days", "estimated_bills_90_days"):
        then, now = (
            sum(row[feature] or 0 for row in features.values())
            for features in (known_then, at_once)
        )
        # Rows that were late then are in time now, and only the last version of each is left.
        assert now == pytest.approx(then, rel=0.1), feature
    assert company.values(f"select count(*) from {ROWS} where part = 'training'")[0] > 0


def test_answers_that_are_delivered_again_have_been_learned_from(company: Workspace):
    learned = f"select cutoff_date || part || example_id || is_satisfied from {ROWS} order by 1"
    company.dbt("build", "--full-refresh", "--select", "+int_training_rows", *WITHOUT_TESTS)
    before = company.values(learned)
    path = Path(company.source / "survey_responses.parquet")
    connection = duckdb.connect()
    connection.execute(f"create table received as from '{path}'")
    connection.execute(
        "insert into received select * replace (timestamp '2026-09-29 22:00:00' as loaded_at) "
        "from received where loaded_at < timestamp '2026-09-29'"
    )
    connection.execute(f"copy received to '{path}' (format parquet)")

    outcome = company.dbt(
        "build", "--full-refresh", "--select", "+int_training_rows", *WITHOUT_TESTS
    )

    assert outcome.succeeded, outcome.errors
    assert len(before) > 200
    assert company.values(learned) == before
