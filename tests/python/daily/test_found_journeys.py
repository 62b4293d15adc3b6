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
            "is_satisfied boolean, probability double, weight double); "
            "create table events (customer_id varchar, event varchar, detail varchar, "
            "occurred_at timestamp); "
            "create table scores (customer_id varchar, score_date date, csat_score double)"
        )
        table = find_journeys(
            DuckDBEngine(connection), answers="answers", events="events", scores="scores"
        )
    assert table.num_rows == 0
    assert table.schema == FOUND_SCHEMA
