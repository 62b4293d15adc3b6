"""What is clicked together becomes a definition that the build takes, and nothing typed is run."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import duckdb
import pytest

from csat.daily.segments import Segmentation
from csat.engine import DuckDBEngine
from csat.pages.conditions import (
    DEFINITIONS,
    IS_KNOWN,
    IS_NONE_OF,
    IS_ONE_OF,
    IS_UNKNOWN,
    Condition,
    Fact,
    condition_sql,
    condition_words,
    facts_of,
    proposed_id,
    save_definition,
)
from csat.project import UserError

CONTACTS = Fact("contacts_30_days", "Contacts in 30 days", "number")
REGION = Fact("region", "Region", "text")
ODD = Fact('Tariff "group', "Tariff group", "text")
SINCE = Fact("customer_since", "Customer since", "date")
AT_LEAST_TWO = Condition(CONTACTS, "at least", 2.0)
WICKED = "x') or (select true from secrets) --"


@pytest.fixture
def customers() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        "create table customers as select * from (values "
        "('a', timestamp '2026-01-01', 3, 'harbour', 'one', date '2020-01-01'), "
        "('b', timestamp '2026-01-01', 1, 'hills', 'it''s (two); three', date '2025-01-01'), "
        "('c', timestamp '2026-01-01', null, null, null, null)) as _ "
        '(customer_id, as_of_at, contacts_30_days, region, "Tariff ""group", customer_since)'
    )
    return connection


def chosen(connection: duckdb.DuckDBPyConnection, condition: str) -> str:
    rows = connection.execute(f"select customer_id from customers where {condition} order by 1")
    return "".join(row[0] for row in rows.fetchall())


@pytest.mark.parametrize(
    ("condition", "who"),
    [
        (AT_LEAST_TWO, "a"),
        (Condition(CONTACTS, "less than", 3.0), "b"),
        (Condition(CONTACTS, IS_UNKNOWN), "c"),
        (Condition(CONTACTS, IS_KNOWN), "ab"),
        (Condition(REGION, IS_ONE_OF, values=("harbour", "hills")), "ab"),
        # Who reads "is none of" means those of whom it is not known, too.
        (Condition(REGION, IS_NONE_OF, values=("harbour",)), "bc"),
        (Condition(ODD, IS_ONE_OF, values=("it's (two); three",)), "b"),
        (Condition(ODD, IS_ONE_OF, values=(WICKED,)), ""),
        (Condition(SINCE, "less than", date(2021, 1, 1)), "a"),
    ],
)
def test_a_condition_holds_for_whom_its_words_say(
    customers: duckdb.DuckDBPyConnection, condition: Condition, who: str
) -> None:
    assert chosen(customers, condition.sql) == who


def test_conditions_hold_together_or_one_by_one(customers: duckdb.DuckDBPyConnection) -> None:
    both = [AT_LEAST_TWO, Condition(REGION, IS_ONE_OF, values=("hills",))]
    assert chosen(customers, condition_sql(both)) == ""
    assert chosen(customers, condition_sql(both, all_of_them=False)) == "ab"
    assert condition_words(both) == "Contacts in 30 days at least 2; and Region is one of hills"


def test_a_condition_without_a_value_is_left_out() -> None:
    unfinished = [Condition(CONTACTS, "at least"), Condition(REGION, IS_ONE_OF)]
    assert condition_sql([*unfinished, AT_LEAST_TWO]) == "contacts_30_days >= 2"
    assert condition_sql(unfinished) == condition_words(unfinished) == ""


@pytest.mark.parametrize(
    "conditions",
    [
        [AT_LEAST_TWO, Condition(REGION, IS_NONE_OF, values=("harbour",))],
        [Condition(ODD, IS_ONE_OF, values=("it's (two); three", "(", WICKED))],
        [Condition(SINCE, "at most", date(2021, 1, 1))],
    ],
)
def test_what_is_saved_is_what_the_build_reads(
    project: Path, customers: duckdb.DuckDBPyConnection, conditions: list[Condition]
) -> None:
    sql = condition_sql(conditions)
    save_definition(
        project, segment_id="mine", segment_name=" Mine, all ", owner="Me", condition=sql
    )
    with (project / DEFINITIONS).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["segment_name"] for row in rows if row["segment_id"] == "mine"] == ["Mine, all"]
    assert len(rows) == 1 + len((project / DEFINITIONS).read_text("utf-8").splitlines()) - 2
    customers.execute(
        f"create table definitions as select * from read_csv('{project / DEFINITIONS}', "
        "all_varchar = true) where segment_id = 'mine'"
    )
    customers.execute("create table features as select customer_id, as_of_at from customers")
    (segment,) = Segmentation.read(
        DuckDBEngine(customers), "definitions", "customers", "features"
    ).segments
    assert segment.condition == sql


def test_the_definitions_before_stay_as_they_are(project: Path) -> None:
    before = (project / DEFINITIONS).read_bytes()
    save_definition(
        project, segment_id="mine", segment_name="Mine", owner="", condition="region = 'hills'"
    )
    after = (project / DEFINITIONS).read_bytes()
    assert after.startswith(before)
    assert after[len(before) :] == b"mine,Mine,,region = 'hills',,,\n"


@pytest.mark.parametrize(
    ("segment_id", "name", "condition", "said"),
    [
        ("region", "Region", "true", "There is a segment region"),
        ("all", "All", "true", "The identifier all cannot be used"),
        ("a:b", "A", "true", "The identifier a:b cannot be used"),
        ("", "Ä", "true", "The identifier of the segment cannot be used"),
        ("mine", "Mine", "", "has no condition"),
        ("mine", "  ", "true", "has no name"),
    ],
)
def test_a_definition_that_cannot_be_used_changes_nothing(
    project: Path, segment_id: str, name: str, condition: str, said: str
) -> None:
    before = (project / DEFINITIONS).read_bytes()
    with pytest.raises(UserError, match=said):
        save_definition(
            project, segment_id=segment_id, segment_name=name, owner="", condition=condition
        )
    assert (project / DEFINITIONS).read_bytes() == before


def test_identifiers_are_made_of_names() -> None:
    assert proposed_id("Waited long, 2 contacts") == "waited_long_2_contacts"
    assert proposed_id("30 days") == "segment_30_days"
    assert proposed_id("ÄÖ") == ""


def test_facts_have_the_words_of_features_and_their_unit_once() -> None:
    features = [
        {"feature": "waits", "feature_label": "waiting time", "unit": "seconds"},
        {"feature": "contacts", "feature_label": "contacts in 30 days", "unit": "contacts"},
    ]
    columns = {"waits": "DOUBLE", "contacts": "BIGINT", "tariff_group": "VARCHAR", "born": "DATE"}
    assert [(fact.title, fact.kind) for fact in facts_of(columns, features)] == [
        ("Born", "date"),
        ("Contacts in 30 days", "number"),
        ("Tariff group", "text"),
        ("Waiting time (seconds)", "number"),
    ]
