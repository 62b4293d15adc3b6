"""Whom to ask next: within the budget, nobody too often, the uncertain first, some by lot."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from csat.daily.survey_plan import PlannedDay, SurveyPlanSettings, plan_next_surveys
from csat.engine import DuckDBEngine

CUSTOMERS = 400
SETTINGS = SurveyPlanSettings(budget=50, min_days_between=90, random_share=0.2, response_days=14)


@pytest.fixture
def engine() -> DuckDBEngine:
    """Customers of two regions, the east hardly known; the first hundred were asked last week."""
    ids = [f"C{number:04}" for number in range(CUSTOMERS)]
    region = ["east" if number % 4 == 0 else "west" for number in range(CUSTOMERS)]
    connection = duckdb.connect()
    tables = {
        "features": pa.table({"customer_id": ids}),
        "members": pa.table({"customer_id": ids, "segment_value": region}),
        "invitations": pa.table({"customer_id": ids[:100], "invitation_id": ids[:100]}),
        "responses": pa.table({"invitation_id": [*ids[:30], None]}),
    }
    for name, table in tables.items():
        connection.register("given", table)
        connection.execute(f"create table {name}_given as select * from given")
    connection.execute(
        "create table as_of as select date '2026-05-31' as as_of_date; "
        "create view features as select * from features_given; "
        "create view members as select *, 'region' as segment_id, date '2026-01-01' as valid_from, "
        "null::date as valid_until from members_given; "
        "create view invitations as select *, timestamp '2026-05-10' as sent_at "
        "from invitations_given; "
        "create view responses as select * from responses_given; "
        "create table estimates as select * from (values "
        "(date '2026-05-31', 'region', 'east', 9.0, null), "
        "(date '2026-05-31', 'region', 'west', 2.0, null), "
        "(date '2026-05-31', 'region', 'north', null, 'Fewer than 50 customers.'), "
        "(date '2026-05-30', 'region', 'west', 99.0, null)) "
        "as e(score_date, segment_id, segment_value, std_error, suppression_reason); "
        "create table definitions as select 'region' as segment_id, "
        "null::double as survey_priority; "
        "create table versions as select 'v' as model_version, date '2026-01-01' as in_force_from, "
        "'i' as reference_instrument, 'k' as reference_survey_kind, null as response_model, "
        "false as is_champion"
    )
    return DuckDBEngine(connection)


def plan(engine: DuckDBEngine, settings: SurveyPlanSettings = SETTINGS) -> PlannedDay:
    names = ("as_of", "features", "members", "estimates", "definitions", "invitations", "responses")
    return plan_next_surveys(
        engine, settings, **{name: name for name in names}, terms="versions", versions="versions"
    )


def test_the_budget_is_kept_and_nobody_is_asked_too_often(engine: DuckDBEngine) -> None:
    rows = plan(engine).invitations().to_pylist()
    assert [row["plan_rank"] for row in rows] == list(range(1, 51))
    assert len({row["customer_id"] for row in rows}) == 50
    assert min(row["customer_id"] for row in rows) >= "C0100"
    by_lot = [row for row in rows if row["is_random"]]
    assert len(by_lot) == 10
    assert {row["random_probability"] for row in rows} == {10 / 300}
    assert all(row["entity_id"] is None and row["worth"] is None for row in by_lot)


def test_the_segment_that_is_hardly_known_comes_first(engine: DuckDBEngine) -> None:
    chosen = [row for row in plan(engine).invitations().to_pylist() if not row["is_random"]]
    assert {row["entity_id"] for row in chosen} == {"region:east"}
    margins = {row["entity_id"]: row for row in plan(engine).margins().to_pylist()}
    assert set(margins) == {"region:east", "region:west"}
    east = margins["region:east"]
    assert east["margin_now"] == pytest.approx(1.959964 * 9, abs=1e-4)
    assert east["margin_after_plan"] < east["margin_if_all_random"] < east["margin_now"]


def test_a_segment_that_does_not_matter_is_left(engine: DuckDBEngine) -> None:
    engine.execute("update definitions set survey_priority = 0")
    assert np.nansum(plan(engine).plan.worth) == 0


def test_people_answer_as_often_as_they_have(engine: DuckDBEngine) -> None:
    (rate,) = set(plan(engine).propensity.tolist())
    assert rate == pytest.approx((30 + 2) / (100 + 20))


def test_the_same_day_has_the_same_plan(engine: DuckDBEngine) -> None:
    assert plan(engine).as_table().equals(plan(engine).as_table())


def test_more_than_may_be_asked_are_not_asked(engine: DuckDBEngine) -> None:
    settings = SurveyPlanSettings(
        budget=1000, min_days_between=90, random_share=1, response_days=14
    )
    found = plan(engine, settings)
    assert len(found.invitations()) == 300
    assert "Only 300 customers" in found.plan.reason
    assert len(plan(engine, SurveyPlanSettings(0, 90, 0.2, 14)).invitations()) == 0
