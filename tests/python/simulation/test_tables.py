"""What every simulated company must hold: contract, keys, order in time, knowledge."""

from __future__ import annotations

import re

import pyarrow.parquet
import pytest

from csat.project import project_root
from csat.simulation.schemas import CONTRACT, KEYS, REQUIRED, TRUTH


def test_columns_and_types_are_those_of_the_contract(small):
    for name, schema in CONTRACT.items():
        written = pyarrow.parquet.read_schema(small.folder / f"{name}.parquet")
        assert written.names == schema.names
        assert written.types == schema.types


def test_truth_has_its_tables_and_columns(small):
    for name, schema in TRUTH.items():
        written = pyarrow.parquet.read_schema(small.folder / "truth" / f"{name}.parquet")
        assert written.names == schema.names
    assert (small.folder / "truth" / "parameters.json").is_file()


def test_tables_are_those_of_the_project_contract():
    stated = project_root() / "models" / "staging" / "company" / "_company__sources.yml"
    if not stated.is_file():
        pytest.skip("the contract is not in this checkout")
    yaml = pytest.importorskip("yaml")
    source = yaml.safe_load(stated.read_text(encoding="utf-8"))["sources"][0]
    columns = {
        table["name"]: {column["name"] for column in table["columns"]} for table in source["tables"]
    }
    # Who is compared with whom is for the project to find: a simulated company sets nobody aside.
    columns["program_enrollments"].remove("is_control")
    assert {name: set(schema.names) for name, schema in CONTRACT.items()} == columns


@pytest.mark.parametrize("name", CONTRACT)
def test_every_table_has_rows(small, name):
    assert small.value(f"select count(*) from {name}") > 0


@pytest.mark.parametrize("name", CONTRACT)
def test_keys_and_required_columns_are_never_null(middle, name):
    for column in (*KEYS[name], *REQUIRED[name], "loaded_at"):
        assert middle.value(f"select count(*) from {name} where {column} is null") == 0


@pytest.mark.parametrize("name", CONTRACT)
def test_a_key_is_delivered_once_per_batch(middle, name):
    keys = ", ".join((*KEYS[name], "loaded_at"))
    repeated = f"select {keys} from {name} group by all having count(*) > 1"
    assert middle.rows(repeated) == []


REFERENCES = [
    *(
        (name, "customer_id", "customers", "customer_id")
        for name, schema in CONTRACT.items()
        if "customer_id" in schema.names and name != "customers"
    ),
    ("contacts", "parent_contact_id", "contacts", "contact_id"),
    ("contacts", "agent_id", "agents", "agent_id"),
    ("contacts", "program_id", "programs", "program_id"),
    ("payments", "bill_id", "bills", "bill_id"),
    ("engagement_events", "program_id", "programs", "program_id"),
    ("survey_invitations", "contact_id", "contacts", "contact_id"),
    ("survey_responses", "contact_id", "contacts", "contact_id"),
    ("survey_responses", "agent_id", "agents", "agent_id"),
    ("program_enrollments", "program_id", "programs", "program_id"),
]


@pytest.mark.parametrize(("table", "column", "other", "key"), REFERENCES)
def test_references_are_kept(punctual, table, column, other, key):
    orphans = f"select {column} from {table} where {column} not in (select {key} from {other})"
    assert punctual.rows(orphans) == []


ORDERED = [
    ("contacts", "started_at", "first_response_at"),
    ("contacts", "first_response_at", "first_human_response_at"),
    ("contacts", "first_human_response_at", "resolved_at"),
    ("bills", "issued_at", "due_at"),
    ("interruptions", "started_at", "restored_at"),
    ("program_enrollments", "enrolled_at", "ended_at"),
    ("customers", "customer_since", "closed_at"),
]


@pytest.mark.parametrize(("table", "earlier", "later"), ORDERED)
def test_moments_within_a_row_follow_each_other(middle, table, earlier, later):
    assert middle.value(f"select count(*) from {table} where {later} < {earlier}") == 0
    assert middle.value(f"select count(*) from {table} where {later} >= {earlier}") > 0


def test_nothing_is_known_before_it_is_loaded(middle):
    expected_ahead = {"due_at", "estimated_restored_at"}
    for name, schema in CONTRACT.items():
        for column in schema.names:
            if re.search(r"_at$|^valid_from$", column) and column not in expected_ahead:
                early = f"select count(*) from {name} where {column} >= loaded_at"
                assert middle.value(early) == (
                    0 if column != "loaded_at" else middle.value(f"select count(*) from {name}")
                ), (name, column)


def test_a_first_delivery_tells_no_outcome(middle):
    unknown = """
        select count(*) from contacts
        where (is_resolved != (resolved_at is not null))
           or (first_human_response_at is null and (wait_seconds is not null
               or handle_seconds is not null or agent_id is not null))
    """
    assert middle.value(unknown) == 0
    assert middle.value("select count(*) from contacts where handle_seconds is null") > 100


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("contacts", "bool_or(is_resolved) and not bool_and(is_resolved)"),
        ("contacts", "max(reopen_count) > min(reopen_count)"),
        ("bills", "bool_or(is_disputed) and not bool_and(is_disputed)"),
        ("payments", "count(distinct status) > 1"),
        ("interruptions", "count(restored_at) between 1 and count(*) - 1"),
        ("customers", "count(closed_at) between 1 and count(*) - 1"),
        ("customers", "count(distinct plan) > 1"),
        ("program_enrollments", "count(ended_at) between 1 and count(*) - 1"),
        ("agents", "count(distinct team) > 1"),
    ],
)
def test_rows_that_change_are_delivered_again(middle, table, change):
    keys = ", ".join(KEYS[table])
    assert middle.rows(f"select {keys} from {table} group by {keys} having {change} limit 1")


def test_some_rows_arrive_days_late(middle):
    late = "loaded_at > occurred_at + interval 20 hours"
    share = middle.value(f"select avg(({late})::int) from engagement_events")
    assert 0.002 < share < 0.008


def test_nothing_happens_before_joining_or_after_closing(middle):
    moments = {
        "contacts": "started_at",
        "bills": "issued_at",
        "payments": "paid_at",
        "interruptions": "started_at",
        "engagement_events": "occurred_at",
        "survey_invitations": "sent_at",
        "program_enrollments": "enrolled_at",
        "customer_signals": "occurred_at",
    }
    assert middle.value("select count(closed_at) from latest_customers") > 50
    for table, moment in moments.items():
        outside = f"""
            select count(*) from {table} join latest_customers using (customer_id)
            where {moment} < customer_since or {moment} > closed_at
        """
        assert middle.value(outside) == 0, table


def test_truth_covers_every_day_of_every_customer(middle):
    last_day = "date '2026-09-30'"
    wrong = f"""
        with expected as (
            select customer_id,
                1 + date_diff('day',
                    greatest(customer_since, {last_day} - 239),
                    least(coalesce(closed_at::date, {last_day}), {last_day})) as days
            from latest_customers
        ), found as (
            select customer_id, count(distinct date) as days, count(*) as rows,
                min(probability_satisfied) as low, max(probability_satisfied) as high
            from truth_customer_days group by customer_id
        )
        select * from expected full join found using (customer_id)
        where expected.days is distinct from found.days or found.rows != found.days
           or low <= 0 or high >= 1
    """
    assert middle.rows(wrong) == []
