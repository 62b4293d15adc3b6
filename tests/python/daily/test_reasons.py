"""Drivers in words: what is told of a customer's values, and of whose."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from claims import Claims
from harness import CHECKOUT

WORDS = Path("models") / "intermediate" / "words.sql"
#: A row of the registry; a case changes what it is about.
FEATURE = {
    "source": "int_contact_activity",
    "aggregate": "count",
    "measure": None,
    "kind": "numeric",
    "missing_rule": "zero",
    "missing_label": None,
}


def feature(name: str, label: str, unit: str | None = None, **changes: object) -> dict:
    """Return a row of the registry."""
    return {**FEATURE, "feature": name, "label": label, "unit": unit, "window_days": 30, **changes}


CONTACTS = feature("contacts_30_days", "contacts in 30 days", "contacts")
MORE_CONTACTS = feature("contacts_90_days", "contacts in 90 days", "contacts", window_days=90)
WAIT = feature(
    "wait", "longest wait in 30 days", "seconds", aggregate="max", measure="wait_seconds"
)
UNSETTLED = feature("unsettled", "contacts not settled", "contacts", measure="not is_settled")
TREND = feature(
    "trend", "logins of 30 days less those before", "logins", aggregate="trend", measure="login"
)
SINCE = feature(
    *("since", "time since the last contact", "days"),
    aggregate="days_since",
    missing_rule="missing",
    missing_label="no contact in 365 days",
)
TOPIC = feature(
    *("topic", "topic of the company's last contact"),
    aggregate="latest",
    measure="topic",
    kind="categorical",
    missing_rule="missing",
)
RATIO = feature("ratio", "last bill", "times the usual bill", aggregate="latest", measure="ratio")
VALUE = feature("value", "yearly value", "currency units", aggregate="latest", measure="value")
RATING = feature("rating", "last answer", "0 to 100", missing_rule="missing", measure="rating")

#: The features of a driver, their values, and what is said.
SAID = [
    ([CONTACTS], [None], "not known"),
    ([CONTACTS], [0], "no contacts in 30 days"),
    ([CONTACTS], [1], "1 contact in 30 days"),
    ([CONTACTS], [12], "12 contacts in 30 days"),
    ([CONTACTS, MORE_CONTACTS], [0, 0], "no contacts in 90 days"),
    ([CONTACTS, MORE_CONTACTS], [0, None], "no contacts in 30 days"),
    ([CONTACTS, MORE_CONTACTS], [0, 2], "2 contacts in 90 days"),
    ([CONTACTS, MORE_CONTACTS], [2, 2], "2 contacts in 30 days"),
    ([CONTACTS, MORE_CONTACTS], [1, 2], "1 contact in 30 days, 2 contacts in 90 days"),
    ([CONTACTS, WAIT], [3, 1620], "3 contacts in 30 days, longest wait in 30 days: 27 minutes"),
    (
        [CONTACTS, WAIT, UNSETTLED, SINCE],
        [3, 60, 1, 2],
        "3 contacts in 30 days, longest wait in 30 days: 1 minute, 1 contact not settled",
    ),
    (
        [CONTACTS, WAIT, UNSETTLED, SINCE],
        [3, 0, 1, 2],
        "3 contacts in 30 days, 1 contact not settled, time since the last contact: 2 days",
    ),
    *(
        ([WAIT], [seconds], f"longest wait in 30 days: {words}")
        for seconds, words in [
            (1, "1 second"),
            (59, "59 seconds"),
            (59.7, "1 minute"),
            (61, "1 minute"),
            (3570, "1 hour"),
            (5400, "1.5 hours"),
            (3 * 3600, "3 hours"),
            (86400, "1 day"),
            (400 * 86400, "1.1 years"),
        ]
    ),
    ([SINCE], [400], "time since the last contact: 1.1 years"),
    ([SINCE], [364.4], "time since the last contact: 364 days"),
    ([SINCE], [0.5], "time since the last contact: 12 hours"),
    ([SINCE], [0], "time since the last contact: 0 seconds"),
    ([SINCE], [None], "no contact in 365 days"),
    ([TREND], [-5], "5 fewer logins than in the 30 days before"),
    ([TREND], [1], "1 more login than in the 30 days before"),
    ([TREND], [0], "as many logins as in the 30 days before"),
    ([TOPIC], ["'bill_question'"], "topic of the company's last contact: bill question"),
    ([TOPIC], [None], "not known"),
    ([RATIO], [1.26], "last bill: 1.3 times the usual bill"),
    ([RATIO], [1], "last bill: 1.0 times the usual bill"),
    ([VALUE], [1234.5], "yearly value: 1235"),
    ([RATING], [0], "last answer: 0 of 100"),
]


@pytest.fixture(scope="module")
def said(new_workspace) -> list[str]:
    """What the macro says of each case."""
    workspace = new_workspace()
    queries = []
    for number, (features, values, _) in enumerate(SAID):
        columns = ", ".join(
            f"cast({'null' if value is None else value} as {_type(row)}) as {row['feature']}"
            for row, value in zip(features, values, strict=True)
        )
        rows = json.dumps(features).replace("null", "none")
        queries.append(
            f"select {number} as place, {{{{ reason_of({rows}) }}}} as words "
            f"from (select {columns}) as features"
        )
    path = workspace.folder / WORDS
    path.write_text("\nunion all\n".join(queries), encoding="utf-8")
    outcome = workspace.dbt("run", "--select", "words")
    assert outcome.succeeded, outcome.output
    return workspace.values("select words from intermediate.words order by place")


def _type(row: dict) -> str:
    return "varchar" if row["kind"] == "categorical" else "double"


@pytest.mark.parametrize("number", range(len(SAID)))
def test_values_are_told_in_plain_words(said: list[str], number: int):
    assert said[number] == SAID[number][2]


def test_labels_of_the_registry_can_be_told():
    """What is counted needs its unit in the label, or `3` would be told of nothing."""
    path = CHECKOUT / "seeds" / "feature_definitions.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    counted = [
        row
        for row in rows
        if row["aggregate"] in ("count", "repeats", "sum") and row["unit"] != "seconds"
    ]
    assert len(counted) > 30
    for row in counted:
        assert f" {row['unit']} " in f" {row['label']} ", row["feature"]
        assert row["unit"].split()[0].endswith("s"), row["feature"]
    for row in rows:
        if row["missing_rule"] == "missing" and row["kind"] == "categorical":
            assert row["missing_label"], row["feature"]


def test_reason_of_another_driver_is_found(claims: Claims):
    claim = "assert_reasons_tell_of_their_driver_alone"
    assert claims.rows_against(claim) == 0
    assert claims.rows_against(
        claim,
        "update marts.fct_customer_csat_drivers set reason = '2 contacts in 30 days, plan: green' "
        "where driver = 'contact_frequency' and customer_id = "
        "(select min(customer_id) from marts.fct_customer_csat_drivers)",
    )
