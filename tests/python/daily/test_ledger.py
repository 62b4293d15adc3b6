"""Sums of drivers and ledgers are held by tests that catch a hundredth of a point."""

from __future__ import annotations

import pytest
from claims import Claims
from deliveries import VARS
from harness import Workspace

ADD_UP = (
    "assert_ledgers_add_up",
    "assert_segment_drivers_add_up",
    "assert_customers_segments_and_base_agree",
    "assert_customer_changes_add_up",
)


def test_everything_adds_up(at_once: Workspace, claims: Claims) -> None:
    spans = at_once.query(
        "select span_days, count(distinct entity_id) as entities, "
        "count(distinct component) as parts "
        "from marts.fct_csat_change_ledger group by all order by all"
    )
    assert [row["span_days"] for row in spans] == [1, 7]
    assert all(row["entities"] > 3 and row["parts"] == 4 for row in spans)
    assert claims.broken(ADD_UP) == []


@pytest.mark.parametrize(
    ("planted", "caught_by"),
    [
        (
            "update intermediate.int_segment_ledger set points = points + 0.01 where span_days = 7 "
            "and segment_id = 'region' and part = 'answers' and score_date = (select "
            "max(score_date) from intermediate.int_segment_ledger)",
            ["assert_ledgers_add_up"],
        ),
        (
            "delete from intermediate.int_segment_ledger where component = 'model' "
            "and segment_id = 'all'",
            ["assert_ledgers_add_up"],
        ),
        (
            "update intermediate.int_segment_drivers set points = points + 0.01 where "
            "driver = 'waiting' and segment_id = 'region' and score_date = (select "
            "max(score_date) from intermediate.int_segment_drivers)",
            ["assert_segment_drivers_add_up", "assert_customers_segments_and_base_agree"],
        ),
        (
            # Two that cancel out: the sum is right, and the segment is no mean of its customers.
            "update intermediate.int_segment_drivers set points = points + "
            "case driver when 'waiting' then 0.01 else -0.01 end where "
            "driver in ('waiting', 'tenure') and segment_id = 'region' and score_date = (select "
            "max(score_date) from intermediate.int_segment_drivers)",
            ["assert_customers_segments_and_base_agree"],
        ),
        (
            "update marts.fct_customer_csat_changes set change_contact = change_contact + 0.01 "
            "where span_days = 7 and customer_id = (select min(customer_id) "
            "from marts.fct_customer_csat_changes where span_days = 7)",
            ["assert_customer_changes_add_up"],
        ),
        (
            # Each customer closes, and the mean of all is not the base's.
            "update marts.fct_customer_csat_changes set change_contact = change_contact + 0.01, "
            "change_new_version = change_new_version - 0.01 where span_days = 1",
            ["assert_customer_changes_add_up"],
        ),
    ],
)
def test_a_hundredth_of_a_point_is_caught(
    claims: Claims, planted: str, caught_by: list[str]
) -> None:
    assert claims.broken(ADD_UP, after=planted) == caught_by


def test_what_a_ledger_cannot_say_is_caught_on_the_days_of_the_run(scored: Workspace) -> None:
    tests = ("test_name:holds_on_days_due",)
    assert scored.dbt("test", "--select", *tests, "--vars", VARS).succeeded
    scored.execute(
        "update intermediate.int_segment_ledger set component = 'weather' where part = 'answers' "
        "and score_date = (select max(score_date) from intermediate.int_segment_ledger)"
    )
    assert not scored.dbt("test", "--select", *tests, "--vars", VARS).succeeded
