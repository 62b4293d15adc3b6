"""Runs day after day end where one run over everything ends, whatever is late, missed or killed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from deliveries import (
    MONTHS_BEFORE_AND_AFTER,
    SCORES_ALONE,
    SELECTED,
    VARS,
    add_contact,
    assert_same_histories,
    build,
    day,
    deliver,
    history,
)
from harness import WITHOUT_TESTS, Workspace

SCORES = "intermediate.int_customer_csat_history"


def test_day_after_day_equals_all_at_once_though_runs_are_killed(
    new_daily_workspace: Callable[[], Workspace], at_once: Workspace, simulated: Path
):
    workspace = new_daily_workspace()
    deliver(simulated, workspace, MONTHS_BEFORE_AND_AFTER[0], day(6))
    # The first run decides where the history begins.
    build(
        workspace,
        variables=VARS.replace("backfill_days: 20", "backfill_days: 13"),
        manifest=workspace.parsed("--vars", VARS),
    )

    reopened = []
    for first, last, killed_at in (
        (6, 5, "OK created python table model intermediate.customer_scores"),
        (5, 1, "OK created sql incremental model intermediate.csat_model_versions"),
        (1, -2, None),
    ):
        deliver(simulated, workspace, day(first), day(last))
        if killed_at:
            arguments = ("build", *SELECTED, "--vars", VARS, *WITHOUT_TESTS)
            assert workspace.kill_dbt_when(killed_at, 1, *arguments)
        build(workspace)
        reopened.append(
            workspace.values("select count(*) from intermediate.int_score_dates where is_due")[0]
        )

    # One new day, four at once, and the last two; the rest are days that were reopened.
    assert sum(reopened) > 7
    assert_same_histories(workspace, at_once)
    versions = history(workspace, "intermediate.csat_model_versions")
    assert [row["is_fallback"] for row in versions].count(False) >= 2
    # With the day before taken from an earlier run, nothing is left over either.
    ledgers = workspace.dbt("test", "--select", "assert_ledgers_add_up", "--vars", VARS)
    assert ledgers.succeeded, ledgers.errors


def test_a_second_run_scores_and_changes_nothing(at_once: Workspace, tmp_path: Path):
    again = at_once.copy(tmp_path / "again")

    build(again)

    assert again.values("select count(*) from intermediate.int_score_dates where is_due") == [0]
    assert_same_histories(again, at_once)


def test_a_late_row_reopens_its_day_and_those_after_it(scored: Workspace, at_once: Workspace):
    (customer, *_) = scored.values("select max(customer_id) from intermediate.int_current_features")
    add_contact(scored, customer, f"{day(1)} 10:00:00", f"{day(-1)} 00:30:00", "late")

    build(scored, SCORES_ALONE)

    due = scored.values(
        "select score_date from intermediate.int_score_dates where is_due order by 1"
    )
    assert due == [day(1), day(0)]
    assert history(scored, SCORES, day(2)) == history(at_once, SCORES, day(2))
    assert scored.values(
        f"select worst_wait_30_days from intermediate.int_current_features "
        f"where customer_id = '{customer}'"
    ) == [7000]


def test_a_row_that_is_too_late_counts_from_its_loading_on(scored: Workspace, at_once: Workspace):
    (customer, *_) = scored.values("select max(customer_id) from intermediate.int_current_features")
    add_contact(scored, customer, f"{day(9)} 10:00:00", f"{day(0)} 00:30:00", "too_late")

    build(scored, SCORES_ALONE)

    due = scored.values(
        "select score_date from intermediate.int_score_dates where is_due order by 1"
    )
    assert due == [day(0)]
    assert history(scored, SCORES, day(1)) == history(at_once, SCORES, day(1))
