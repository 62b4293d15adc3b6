"""Retention and waiting as they are told of tables of counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from csat.daily.follow_up import WAITING_SCHEMA, tell_waiting
from csat.daily.retention import CURVES_SCHEMA, WORTH_SCHEMA, draw_curves, tell_worth
from csat.engine import DuckDBEngine


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    with duckdb.connect() as connection:
        yield DuckDBEngine(connection)


def put(engine: DuckDBEngine, name: str, columns: dict[str, list]) -> None:
    engine.connection.register("arriving", pa.table(columns))
    engine.execute(f"create or replace table {name} as select * from arriving")
    engine.connection.unregister("arriving")


def test_each_group_has_a_curve_of_its_own(engine):
    put(
        engine,
        "counts",
        {
            "horizon_days": [30, 30, 30, 90],
            "score_fifth": [0, 0, 1, 1],
            "days": [30, 3, 5, 7],
            "at_risk": [8, 10, 4, 4],
            "customers_left": [0, 2, 1, 3],
        },
    )
    found = draw_curves(engine, "counts")
    assert found.schema == CURVES_SCHEMA
    assert found["days"].to_pylist() == [3, 30, 5, 7]
    assert found["staying_share"].to_pylist() == pytest.approx([0.8, 0.8, 0.75, 0.25])
    assert found["customers_left_so_far"].to_pylist() == [2, 2, 1, 3]


def cells(engine: DuckDBEngine, ratio: float, seed: int = 1) -> None:
    """Put weeks of 2,000 customers whose hazard grows by ``ratio`` per 10 points less."""
    random = np.random.default_rng(seed)
    rows: dict[str, list] = {
        name: [] for name in ("score_date", "csat_score", "at_risk", "customers_left")
    }
    for week in range(20):
        for score in np.arange(40.0, 90.0, 0.5):
            rows["score_date"].append(date(2026, 1, 1) + timedelta(days=7 * week))
            rows["csat_score"].append(score)
            rows["at_risk"].append(20)
            rows["customers_left"].append(
                int(random.binomial(20, 0.004 * ratio ** ((65 - score) / 10)))
            )
    put(engine, "cells", rows)


@pytest.mark.parametrize("ratio", [1.0, 1.3, 2.0])
def test_the_ratio_is_of_lower_scores(engine, ratio):
    cells(engine, ratio)
    table = tell_worth(engine, "cells")
    assert table.schema == WORTH_SCHEMA
    (row,) = table.to_pylist()
    assert row["hazard_ratio_lower"] < ratio < row["hazard_ratio_upper"]
    assert row["customer_years"] == pytest.approx(20 * 2000 * 7 / 365.25)
    assert row["leaving_per_year"] == pytest.approx(row["customers_left"] / row["customer_years"])


def test_nobody_leaving_or_one_score_for_all_is_told_as_such(engine):
    cells(engine, 1.3)
    engine.execute("update cells set customers_left = 0")
    (row,) = tell_worth(engine, "cells").to_pylist()
    assert (row["hazard_ratio"], row["reason"]) == (None, "Fewer than 10 customers left.")
    cells(engine, 1.3)
    engine.execute("update cells set csat_score = 70")
    (row,) = tell_worth(engine, "cells").to_pylist()
    assert row["hazard_ratio"] is None
    assert "were alike" in row["reason"]


def test_an_empty_company_has_no_curves_and_a_worth_with_a_reason(engine):
    for name, columns in (
        ("counts", "horizon_days, score_fifth, days, at_risk, customers_left"),
        ("cells", "score_date, csat_score, at_risk, customers_left"),
        ("waiting", "dimension, value, days, at_risk, followed_up"),
    ):
        types = {"score_date": "date", "csat_score": "double", "dimension": "varchar"}
        types["value"] = "varchar"
        made = ", ".join(
            f"{column} {types.get(column, 'bigint')}" for column in columns.split(", ")
        )
        engine.execute(f"create table {name} ({made})")
    assert len(draw_curves(engine, "counts")) == 0
    (row,) = tell_worth(engine, "cells").to_pylist()
    assert (row["leaving_per_year"], row["customers_left"]) == (None, 0)
    assert tell_waiting(engine, "waiting", days=7).schema == WAITING_SCHEMA


def test_answers_too_young_are_neither_neglected_nor_left_out(engine):
    # Of four two are followed up, on days 2 and 9, one is 4 days old, one waits for 30 days.
    put(
        engine,
        "waiting",
        {
            "dimension": ["all"] * 4 + ["channel"],
            "value": ["all"] * 4 + ["phone"],
            "days": [2, 4, 9, 30, 3],
            "at_risk": [4, 3, 2, 1, 1],
            "followed_up": [1, 0, 1, 0, 0],
        },
    )
    found = {row["value"]: row for row in tell_waiting(engine, "waiting", days=7).to_pylist()}
    assert found["all"]["answers"] == 4
    assert found["all"]["followed_up"] == 2
    assert found["all"]["in_time_share"] == pytest.approx(1 / 4)
    # 3/4 are left after day 2, 3/8 after day 9.
    assert found["all"]["median_days"] == 9
    assert found["phone"]["in_time_share"] is None, "nobody has been observed for 7 days"
    found = {row["value"]: row for row in tell_waiting(engine, "waiting", days=1).to_pylist()}
    assert (found["all"]["in_time_share"], found["all"]["in_time_share_lower"]) == (0, 0)
    assert found["all"]["in_time_share_upper"] == pytest.approx(1 - 0.025 ** (1 / 4))
