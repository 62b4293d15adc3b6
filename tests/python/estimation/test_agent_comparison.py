"""Agents and teams as the project compares them; what it claims of them can fail."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from claims import Claims, compile_claims
from harness import Workspace

from csat.daily.agents import COMPARISON_SCHEMA, compare_agents
from csat.engine import DuckDBEngine
from csat.model.logistic import logit_of, sigmoid

ANSWERS = 3_000
AGENTS = 24


def answers_of(seed: int = 1, **columns: object) -> pa.Table:
    """Return answers about what six teams of four agents handled, some columns replaced."""
    random = np.random.default_rng(seed)
    agent = random.integers(0, AGENTS, ANSWERS)
    topic = random.choice(["bill", "move", "outage"], ANSWERS)
    # The first four agents get customers who were dissatisfied before.
    before = np.clip(random.normal(70, 8, ANSWERS) - 35 * (agent < 4), 5, 95)
    tenure = np.where(agent == 9, random.integers(0, 200, ANSWERS), 1000)
    logit = logit_of(before / 100) + 0.3 * (topic == "bill") - 1.2 * (agent == 20)
    days = random.integers(0, 170, ANSWERS).astype("timedelta64[D]")
    table = {
        "response_id": [f"r{number:05}" for number in range(ANSWERS)],
        "customer_id": [f"c{number}" for number in range(ANSWERS)],
        "agent_id": [f"a{number:02}" for number in agent],
        "team": [f"team {number // 4}" for number in agent],
        "instrument_id": random.choice(["after_contact", "after_chat"], ANSWERS),
        "channel": random.choice(["phone", "chat"], ANSWERS),
        "topic": topic,
        "csat_score_before": before,
        "wait_seconds": np.where(random.random(ANSWERS) < 0.5, np.nan, 60.0),
        "is_satisfied": random.random(ANSWERS) < sigmoid(logit),
        "is_follow_up": random.random(ANSWERS) < 0.1,
        "is_skill_mismatch": random.random(ANSWERS) < 0.2,
        "is_new_agent": tenure < 90,
        "sent_at": np.datetime64("2026-01-01T09:00:00", "us") + days,
        **columns,
    }
    return pa.table({name: pa.array(values, from_pandas=True) for name, values in table.items()})


def compared(answers: pa.Table, fewest_answers: int = 10) -> list[dict]:
    """Compare as the project does."""
    with duckdb.connect() as connection:
        connection.register("answers", answers)
        found = compare_agents(
            DuckDBEngine(connection), answers="answers", fewest_answers=fewest_answers, margin=10.0
        )
    assert found.schema == COMPARISON_SCHEMA
    return found.to_pylist()


def by_entity(rows: list[dict], level: str) -> dict[str, dict]:
    """Return the rows of a level by entity."""
    return {row["entity_id"]: row for row in rows if row["level"] == level}


def test_each_answer_counts_for_its_agent_and_its_team() -> None:
    answers = answers_of()
    rows = compared(answers)
    for level, column in (("agent", "agent_id"), ("team", "team")):
        found = by_entity(rows, level)
        for keys in (
            answers.group_by(column)
            .aggregate(
                [("is_satisfied", "sum"), ("is_satisfied", "count"), ("is_new_agent", "sum")]
            )
            .to_pylist()
        ):
            row = found.pop(keys[column])
            assert row["answers"] == keys["is_satisfied_count"]
            assert row["satisfied_answers"] == keys["is_satisfied_sum"]
            assert row["answers_while_new"] == keys["is_new_agent_sum"]
        assert found == {}


def test_hard_customers_are_not_held_against_an_agent_but_bad_work_is() -> None:
    agents = by_entity(compared(answers_of()), "agent")
    for name in ("a00", "a01", "a02", "a03"):
        share = 100 * agents[name]["satisfied_answers"] / agents[name]["answers"]
        assert share < 55
        assert agents[name]["csat_expected"] < 55
        assert agents[name]["verdict"] != "below"
    assert agents["a20"]["verdict"] == "below"
    assert agents["a20"]["difference_shrunk_upper"] < 0
    assert [name for name, row in agents.items() if row["verdict"] == "below"] == ["a20"]


def test_usual_dip_of_new_agents_stands_in_every_row() -> None:
    rows = compared(answers_of())
    assert len({row["new_agent_dip"] for row in rows}) == 1
    assert rows[0]["new_agent_dip_lower"] < rows[0]["new_agent_dip"]
    assert rows[0]["new_agent_dip_reason"] is None
    established = compared(answers_of(is_new_agent=pa.nulls(ANSWERS, pa.bool_())))
    assert {row["new_agent_dip"] for row in established} == {None}
    assert "too few" in established[0]["new_agent_dip_reason"]


def test_agents_are_compared_where_nothing_is_known_before_the_contact() -> None:
    absent = {
        name: pa.nulls(ANSWERS, kind)
        for name, kind in {
            "team": pa.string(),
            "topic": pa.string(),
            "channel": pa.string(),
            "csat_score_before": pa.float64(),
            "wait_seconds": pa.int64(),
            "is_follow_up": pa.bool_(),
            "is_skill_mismatch": pa.bool_(),
            "is_new_agent": pa.bool_(),
        }.items()
    }
    rows = compared(answers_of(**absent))
    assert {row["level"] for row in rows} == {"agent"}
    assert all(row["difference_shrunk"] is not None for row in rows)
    # Then the customers are held against those who got the hard ones.
    assert by_entity(rows, "agent")["a00"]["verdict"] == "below"


def test_order_in_which_the_engine_reads_changes_nothing() -> None:
    answers = answers_of()
    shuffled = answers.take(np.random.default_rng(3).permutation(ANSWERS))
    assert compared(answers) == compared(shuffled)


def test_without_answers_there_are_no_rows() -> None:
    assert compared(answers_of().slice(0, 0)) == []
    assert compared(answers_of(is_satisfied=pa.nulls(ANSWERS, pa.bool_()))) == []


def test_few_answers_give_figures_and_no_verdict() -> None:
    rows = compared(answers_of(), fewest_answers=10_000)
    assert {row["verdict"] for row in rows} == {None}
    assert all(row["reason"].endswith("fewer than 10000.") for row in rows)
    assert all(row["difference_shrunk_lower"] is not None for row in rows)


# --- in the project -----------------------------------------------------------------------

CLAIMS = ("assert_agent_verdicts_follow_their_intervals", "assert_differences_to_the_group_add_up")


@pytest.fixture(scope="module")
def claims(new_workspace: Callable[[], Workspace]) -> Claims:
    """Marts of agents and teams in which every claim holds."""
    workspace = new_workspace()
    columns = (
        "verdict, reason, answers, csat_survey, csat_expected, difference, difference_shrunk, "
        "difference_shrunk_lower, difference_shrunk_upper"
    )
    workspace.execute(
        f"""
        create schema marts;
        create table marts.fct_agent_csat as
        select * from (values
            ('a', 'above', null, 40, 90.0, 70.0, 20.0, 12.0, 3.0, 21.0),
            ('b', 'as', null, 60, 64.0, 70.0, -6.0, -2.0, -9.0, 5.0),
            ('c', null, 'Too few to tell.', 20, 50.0, 72.0, -22.0, -18.0, -40.0, 4.0),
            ('d', null, 'No answers.', 0, null, null, null, null, null, null)
        ) as agents (agent_id, {columns});
        create table marts.fct_team_csat as
        select agent_id as team, {columns} from marts.fct_agent_csat
        """
    )
    compile_claims(workspace, CLAIMS)
    claims = Claims(workspace)
    assert claims.broken(CLAIMS) == []
    return claims


@pytest.mark.parametrize(
    ("claim", "violation"),
    [
        (CLAIMS[0], "update marts.fct_agent_csat set verdict = 'below' where agent_id = 'b'"),
        (
            CLAIMS[0],
            "update marts.fct_agent_csat set difference_shrunk_lower = -1 where agent_id = 'a'",
        ),
        (CLAIMS[0], "update marts.fct_agent_csat set answers = 9 where agent_id = 'a'"),
        (CLAIMS[0], "update marts.fct_agent_csat set reason = null where agent_id = 'c'"),
        (CLAIMS[0], "update marts.fct_team_csat set difference_shrunk_upper = -1 where team = 'c'"),
        (CLAIMS[1], "update marts.fct_team_csat set difference_shrunk = 13 where team = 'a'"),
        (CLAIMS[1], "update marts.fct_agent_csat set csat_expected = 71 where agent_id = 'a'"),
    ],
)
def test_claims_about_agents_can_fail(claims: Claims, claim: str, violation: str) -> None:
    assert claims.rows_against(claim, after=violation) == 1
