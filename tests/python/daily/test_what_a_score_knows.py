"""A score knows nothing of what came later, and a replay nothing of what was loaded later."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from deliveries import (
    MONTHS_BEFORE_AND_AFTER,
    SCORES_ALONE,
    VARS,
    assert_same_histories,
    build,
    day,
    deliver,
    history,
)
from harness import Workspace

from csat.contract import load_contract

SCORES = "intermediate.int_customer_csat_history"
VERSIONS = "intermediate.csat_model_versions"
LAST_KNOWN = day(8)
#: A row that is loaded late by as many days as VARS allow belongs to this day at the earliest.
LAST_WITHOUT_LATE_ROWS = day(11)


def shuffle_what_comes_later(workspace: Workspace) -> int:
    """Give every row loaded after the last known day to another customer; return how many."""
    shuffled = 0
    connection = duckdb.connect()
    for table in load_contract(workspace.folder).values():
        names = [column.name for column in table.columns]
        if table.name == "customers" or "customer_id" not in names:
            continue
        for path in (workspace.source / table.name).glob("*.parquet"):
            later = f"loaded_at >= timestamp '{day(7)}'"
            connection.execute(
                "create or replace table rows as select * replace (case "
                f"when {later} then coalesce(lead(customer_id) over (partition by {later} "
                "order by md5(content)), customer_id) else customer_id end as customer_id) "
                f"from (select *, cast(to_json(received) as varchar) as content from '{path}' "
                "as received)"
            )
            (count,) = connection.sql(f"select count(*) from rows where {later}").fetchone()
            shuffled += count
            connection.execute(
                f"copy (select * exclude (content) from rows) to '{path}' (format parquet)"
            )
    return shuffled


def test_a_shuffled_future_changes_no_score_of_the_past(
    at_once: Workspace, new_daily_workspace: Callable[[], Workspace], simulated: Path
):
    workspace = new_daily_workspace()
    deliver(simulated, workspace, *MONTHS_BEFORE_AND_AFTER)
    assert shuffle_what_comes_later(workspace) > 500

    build(workspace, SCORES_ALONE)

    scores = history(at_once, SCORES, LAST_WITHOUT_LATE_ROWS)
    assert history(workspace, SCORES, LAST_WITHOUT_LATE_ROWS) == scores
    assert len(scores) > 5_000
    versions = [row for row in history(at_once, VERSIONS) if row["cutoff_date"] <= LAST_KNOWN]
    assert versions == history(workspace, VERSIONS)[: len(versions)]
    # The future itself did change.
    assert history(workspace, SCORES) != history(at_once, SCORES)


def test_a_replay_knows_only_what_had_been_loaded(
    new_daily_workspace: Callable[[], Workspace], simulated: Path, tmp_path: Path
):
    workspace = new_daily_workspace()
    replay = f"{VARS[:-1]}, known_at: {LAST_KNOWN}}}"
    deliver(simulated, workspace, MONTHS_BEFORE_AND_AFTER[0], day(7))
    then = workspace.copy(tmp_path / "then")
    build(then)
    deliver(simulated, workspace, day(7), MONTHS_BEFORE_AND_AFTER[1])

    build(workspace, variables=replay, manifest=workspace.parsed("--vars", VARS))

    assert_same_histories(workspace, then)
    assert workspace.values("select max(score_date) from marts.fct_customer_csat_daily") == [
        LAST_KNOWN
    ]


@pytest.mark.parametrize("var", ["as_of_date", "known_at"])
def test_a_replay_does_not_overwrite_later_history(scored: Workspace, var: str):
    variables = f"{VARS[:-1]}, {var}: {LAST_KNOWN}}}"
    outcome = scored.dbt(
        *("run", "--select", "+int_score_dates", "--vars", variables),
        manifest=scored.parsed("--vars", VARS),
    )

    assert not outcome.succeeded
    assert f"This build file holds scores up to {day(0)}" in outcome.output
    assert "replay into a file of its own by CSAT_BUILD_FILE" in outcome.output
