"""The two tables of the segment builder hold what a condition may name, and whose answers count."""

from __future__ import annotations

import duckdb
import pytest

from csat.daily.scoring import BAG_CONTRASTS
from csat.daily.segment_facts import OWN_OF_ANSWERS, facts_of_answers, facts_of_customers
from csat.engine import DuckDBEngine


@pytest.fixture
def engine() -> DuckDBEngine:
    return DuckDBEngine(duckdb.connect())


def residual(response: str, version: str, *, from_sending: bool, sent: str = "2026-09-01") -> str:
    return (
        f"('{response}', 'c-{response}', '{version}', 0.7, 1.0, false, true, {from_sending}, "
        f"null, date '{sent}', date '{sent}')"
    )


def answers(engine: DuckDBEngine, *residuals: str) -> list[dict]:
    columns = ", ".join(OWN_OF_ANSWERS)
    engine.execute(
        f"create table residuals as select * from (values {', '.join(residuals)}) as _ ({columns})"
    )
    engine.execute(
        "create table facts as select distinct response_id, timestamp '2026-09-01' as as_of_at, "
        "'hills' as region, 1.0 as weight from residuals"
    )
    engine.execute(
        "create table versions as select * from (values ('old', true, date '2026-01-01'), "
        "('new', true, date '2026-09-01'), ('loser', false, date '2026-09-20')) as _ "
        "(model_version, is_champion, in_force_from)"
    )
    engine.execute("create table as_of as select date '2026-09-30' as as_of_date")
    return engine.collect(
        facts_of_answers(
            engine,
            facts="facts",
            residuals="residuals",
            versions="versions",
            as_of="as_of",
            window_days=100,
        )
    ).to_pylist()


def test_the_version_in_force_says_what_was_expected_and_others_stand_in(
    engine: DuckDBEngine,
) -> None:
    rows = answers(
        engine,
        residual("a", "new", from_sending=False),
        residual("a", "old", from_sending=True),
        residual("b", "old", from_sending=True),
        residual("b", "loser", from_sending=False),
    )
    assert [(row["response_id"], row["model_version"]) for row in rows] == [
        ("a", "new"),
        ("b", "old"),
    ]
    assert {row["region"] for row in rows} == {"hills"}


def test_answers_older_than_the_window_are_left_out(engine: DuckDBEngine) -> None:
    rows = answers(
        engine,
        residual("a", "new", from_sending=False, sent="2026-06-22"),
        residual("b", "new", from_sending=False, sent="2026-06-21"),
    )
    assert [row["response_id"] for row in rows] == ["a"]


def test_columns_of_our_own_go_before_facts_of_the_same_name(engine: DuckDBEngine) -> None:
    contrasts = ", ".join(f"0.1 as {name}" for name in BAG_CONTRASTS)
    engine.execute(
        "create table attributes as select 'c' as customer_id, date '2026-09-30' as score_date, "
        "timestamp '2026-10-01' as as_of_at, 'hills' as region, 'much' as probability"
    )
    engine.execute(
        "create table features as select 'c' as customer_id, timestamp '2026-10-01' as as_of_at, "
        "2 as contacts_30_days, 'other' as region"
    )
    engine.execute(
        "create table scores as select 'c' as customer_id, date '2026-09-30' as score_date, "
        f"0.7 as probability, {contrasts}"
    )
    query = facts_of_customers(
        engine, attributes="attributes", features="features", scores="scores"
    )
    (row,) = engine.collect(query).to_pylist()
    assert float(row["probability"]) == 0.7
    assert (row["region"], row["contacts_30_days"]) == ("hills", 2)
