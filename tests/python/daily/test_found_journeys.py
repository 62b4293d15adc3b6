"""Found journeys: a planted sequence is found, others are not, and rare ones are not told."""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from csat.daily.found_journeys import FOUND_SCHEMA, find_journeys
from csat.engine import DuckDBEngine

SENT = datetime(2026, 3, 1)
ANSWERS = 3000
#: Events in which order before a survey, days before it, and share of answers.
HISTORIES = (
    ((("interruption", "unplanned", 9), ("contact", "outage", 8)), 0.10),
    ((("interruption", "unplanned", 9),), 0.10),
    ((("contact", "outage", 9), ("interruption", "unplanned", 8)), 0.05),
    ((("contact", "bill", 9), ("contact", "bill", 3)), 0.10),
    ((("contact", "bill", 9),), 0.10),
    # Further apart than steps of a sequence may be.
    ((("contact", "move", 40), ("contact", "outage", 20)), 0.05),
    # Its end lies too long before the survey.
    ((("contact", "bill", 41), ("contact", "outage", 35)), 0.05),
)


@pytest.fixture(scope="module")
def found() -> dict[str, dict]:
    """Sequences by name; a call after an outage costs 40 points, which the score does not know."""
    random = np.random.default_rng(4)
    answers, events, scores = [], [], []
    for number in range(ANSWERS):
        sent_at = SENT + timedelta(hours=int(random.integers(0, 24 * 60)))
        customer, drawn, until, history = f"c{number % 2500:04}", random.random(), 0.0, ()
        for candidate, share in HISTORIES:
            if until <= drawn < until + share:
                history = candidate
            until += share
        is_hit = history == HISTORIES[0][0]
        probability = 0.75
        answers.append(
            {
                "response_id": f"r{number:04}",
                "customer_id": f"{customer}-{number}",
                "sent_at": sent_at,
                "survey_kind": "relationship",
                "is_satisfied": bool(random.random() < probability - 0.4 * is_hit),
                "probability": probability,
                "weight": float(random.lognormal(0, 0.3)),
            }
        )
        # What everyone has is nobody's journey.
        for event, detail, days in (*history, ("bill", "by reading", 12)):
            events.append(
                {
                    "customer_id": f"{customer}-{number}",
                    "event": event,
                    "detail": detail,
                    "occurred_at": sent_at - timedelta(days=days),
                }
            )
        scores.append(
            {
                "customer_id": f"{customer}-{number}",
                "score_date": (sent_at - timedelta(days=43)).date(),
                "csat_score": 60 + 20 * random.random(),
            }
        )
    with duckdb.connect() as connection:
        for name, rows in (("answers", answers), ("events", events), ("scores", scores)):
            connection.register(name, pa.Table.from_pylist(rows))
        table = find_journeys(
            DuckDBEngine(connection), answers="answers", events="events", scores="scores"
        )
    assert table.schema == FOUND_SCHEMA
    return {row["sequence"]: row for row in table.to_pylist()}


def test_a_planted_sequence_is_found(found: dict[str, dict]) -> None:
    row = found["interruption: unplanned → contact: outage"]
    assert row["difference_lower"] <= -40 <= row["difference_upper"] < -25
    assert row["beyond"] == pytest.approx(row["difference"], abs=1e-6)
    assert row["q_value"] < 1e-6
    assert row["is_stable"]
    assert (row["beginning"], row["last_event"]) == ("interruption: unplanned", "contact: outage")
    assert row["answers"] == row["customers"] > 200


def test_one_without_an_effect_is_not(found: dict[str, dict]) -> None:
    row = found["contact: bill → contact: bill"]
    assert row["q_value"] > 0.05
    assert abs(row["difference"]) < 12


def test_order_gaps_and_ends_decide_what_a_sequence_is(found: dict[str, dict]) -> None:
    assert set(found) == {
        "interruption: unplanned → contact: outage",
        "contact: bill → contact: bill",
        "contact: outage → interruption: unplanned",
    }
    assert found["contact: outage → interruption: unplanned"]["difference"] > 0


def test_without_answers_there_is_a_table_without_rows() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create table answers (response_id varchar, customer_id varchar, sent_at timestamp, "
            "survey_kind varchar, is_satisfied boolean, probability double, weight double); "
            "create table events (customer_id varchar, event varchar, detail varchar, "
            "occurred_at timestamp); "
            "create table scores (customer_id varchar, score_date date, csat_score double)"
        )
        table = find_journeys(
            DuckDBEngine(connection), answers="answers", events="events", scores="scores"
        )
    assert table.num_rows == 0
    assert table.schema == FOUND_SCHEMA


def test_that_a_contact_brings_another_survey_is_no_journey() -> None:
    """Who had a bill and a call is asked about the call nine times in ten, and others once.

    Answers to such a survey are 30 points lower, whatever went before.
    """
    random = np.random.default_rng(8)
    differences = []
    for _ in range(8):
        answers, events, scores = [], [], []
        for number in range(1200):
            customer, has_called = f"c{number:04}", bool(random.random() < 0.5)
            is_about_it = bool(random.random() < (0.9 if has_called else 0.1))
            answers.append(
                {
                    "response_id": f"r{number:04}",
                    "customer_id": customer,
                    "sent_at": SENT,
                    "survey_kind": "transactional" if is_about_it else "relationship",
                    "is_satisfied": bool(random.random() < (0.5 if is_about_it else 0.8)),
                    "probability": 0.7,
                    "weight": 1.0,
                }
            )
            if random.random() < 0.9:
                happened = [("payment", "failed", 9), *([("contact", "bill", 5)] * has_called)]
                events += [
                    {
                        "customer_id": customer,
                        "event": event,
                        "detail": detail,
                        "occurred_at": SENT - timedelta(days=days),
                    }
                    for event, detail, days in happened
                ]
            day = (SENT - timedelta(days=43)).date()
            scores.append({"customer_id": customer, "score_date": day, "csat_score": 70.0})
        # An event that half of all answers come after is nobody's journey.
        answers += [
            row | {"response_id": f"x{row['response_id']}", "customer_id": f"x{row['customer_id']}"}
            for row in answers
        ]
        with duckdb.connect() as connection:
            for name, rows in (("answers", answers), ("events", events), ("scores", scores)):
                connection.register(name, pa.Table.from_pylist(rows))
            table = find_journeys(
                DuckDBEngine(connection), answers="answers", events="events", scores="scores"
            )
        (row,) = table.to_pylist()
        assert row["sequence"] == "payment: failed → contact: bill"
        differences.append(row["difference"])
    assert abs(np.mean(differences)) < 3 * np.std(differences) / np.sqrt(len(differences)) + 1
