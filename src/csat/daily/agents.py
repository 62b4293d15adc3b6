"""Agents and teams against all of them together, from the answers about what they handled."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from csat.engine import Engine
from csat.estimation.expectation import Expectation, fit_expectation
from csat.estimation.groups import FlagEffect, GroupComparison, compare_groups, flag_effect
from csat.model.features import numbers, texts
from csat.model.logistic import logit_of

AGENT, TEAM = "agent", "team"
#: Flag of the expectation that tells the answers about what new agents handled.
IS_NEW_AGENT = "is_new_agent"
#: Scores are held so far from 0 and 100, in points, when they become logits.
NEAREST_TO_CERTAIN = 0.1

COMPARISON_SCHEMA = pa.schema(
    [
        ("level", pa.string()),
        ("entity_id", pa.string()),
        ("verdict", pa.string()),
        ("reason", pa.string()),
        ("answers", pa.int64()),
        ("satisfied_answers", pa.int64()),
        ("answers_while_new", pa.int64()),
        ("csat_expected", pa.float64()),
        ("difference", pa.float64()),
        ("difference_shrunk", pa.float64()),
        ("difference_shrunk_std_error", pa.float64()),
        ("difference_shrunk_lower", pa.float64()),
        ("difference_shrunk_upper", pa.float64()),
        ("between_std", pa.float64()),
        ("new_agent_dip", pa.float64()),
        ("new_agent_dip_lower", pa.float64()),
        ("new_agent_dip_upper", pa.float64()),
        ("new_agent_dip_reason", pa.string()),
    ]
)


def compare_agents(engine: Engine, *, answers: str, fewest_answers: int, margin: float) -> pa.Table:
    """Compare agents with all agents, and teams with all teams.

    Parameters
    ----------
    engine
        Where the answers are.
    answers
        Relation of one row per answer: ``response_id``, ``customer_id``, ``agent_id``, ``team``,
        ``is_satisfied``, ``is_new_agent``, ``sent_at`` and what ``expect_answers`` reads.
    fewest_answers
        With fewer an agent or team gets no verdict.
    margin
        In points; see ``compare_groups``.

    Returns
    -------
    pyarrow.Table
        ``COMPARISON_SCHEMA``, a row per agent and per team with an answer. The usual dip of new
        agents is the same in every row.
    """
    rows = engine.collect(
        f"select * from {answers} where is_satisfied is not null order by response_id"
    )
    if not len(rows):
        return COMPARISON_SCHEMA.empty_table()
    agents, customers = texts(rows, "agent_id"), texts(rows, "customer_id")
    expectation = expect_answers(rows)
    of_agents = compare_groups(
        expectation, agents, customers=customers, fewest_answers=fewest_answers, margin=margin
    )
    dip = flag_effect(expectation, of_agents, IS_NEW_AGENT, fewest_answers=fewest_answers)
    tables = [_rows(AGENT, agents, rows, of_agents, dip)]
    in_team = rows.filter(pc.is_valid(rows["team"]))
    if len(in_team):
        teams = texts(in_team, "team")
        of_teams = compare_groups(
            expectation if len(in_team) == len(rows) else expect_answers(in_team),
            teams,
            units=texts(in_team, "agent_id"),
            customers=texts(in_team, "customer_id"),
            fewest_answers=fewest_answers,
            margin=margin,
        )
        tables.append(_rows(TEAM, teams, in_team, of_teams, dip))
    return pa.concat_tables(tables)


def expect_answers(rows: pa.Table) -> Expectation:
    """Return what is to be expected of each answer from what was so before the agent took over.

    The survey's wording, the month, channel and topic of the contact, how satisfied the customer
    was the day before, the wait in line, whether the contact follows up an earlier one, whether the
    agent is trained for the topic, which whoever assigns contacts decides, and whether the agent
    was new. Not what came of the contact: handling time, hand-offs, whether it was resolved.

    Parameters
    ----------
    rows
        Columns ``instrument_id``, ``channel``, ``topic``, ``sent_at``, ``csat_score_before`` (0 to
        100), ``wait_seconds``, ``is_follow_up``, ``is_skill_mismatch``, ``is_new_agent`` and
        ``is_satisfied``; all but the last may be null.
    """
    return fit_expectation(
        numbers(rows, "is_satisfied"),
        categories={
            "month": month_of_contact(rows),
            **{name: texts(rows, name) for name in ("instrument_id", "channel", "topic")},
        },
        numbers={
            "csat_score_before": logit_of_score_before(rows),
            "wait_seconds": np.log1p(np.maximum(numbers(rows, "wait_seconds"), 0)),
        },
        flags={
            # Agents of whom it is not known when they were hired are taken for established ones.
            IS_NEW_AGENT: np.nan_to_num(numbers(rows, "is_new_agent")),
            "is_follow_up": numbers(rows, "is_follow_up"),
            "is_skill_mismatch": numbers(rows, "is_skill_mismatch"),
        },
    )


def _rows(
    level: str, keys: np.ndarray, rows: pa.Table, found: GroupComparison, dip: FlagEffect
) -> pa.Table:
    """Return a comparison as rows; NaN becomes null."""
    place = np.searchsorted(found.groups, keys)
    count = len(found.groups)
    is_new = np.nan_to_num(numbers(rows, "is_new_agent"))

    def total(values: np.ndarray) -> pa.Array:
        return pa.array(np.bincount(place, values, minlength=count).astype(np.int64))

    columns = {
        "level": pa.repeat(level, count),
        "entity_id": pa.array(found.groups.tolist(), pa.string()),
        "verdict": pa.array(found.verdict.tolist(), pa.string()),
        "reason": pa.array(found.reason.tolist(), pa.string()),
        "answers": pa.array(found.n),
        "satisfied_answers": total(numbers(rows, "is_satisfied")),
        "answers_while_new": total(is_new),
        "csat_expected": found.expected,
        "difference": found.difference,
        "difference_shrunk": found.estimate,
        "difference_shrunk_std_error": found.std_error,
        "difference_shrunk_lower": found.conf_low,
        "difference_shrunk_upper": found.conf_high,
        "between_std": pa.array([found.between_std] * count, pa.float64()),
        "new_agent_dip": pa.array([dip.estimate] * count, pa.float64()),
        "new_agent_dip_lower": pa.array([dip.conf_low] * count, pa.float64()),
        "new_agent_dip_upper": pa.array([dip.conf_high] * count, pa.float64()),
        "new_agent_dip_reason": pa.array([dip.reason] * count, pa.string()),
    }
    return pa.table(
        [
            pa.array(column, field.type, from_pandas=True)
            if isinstance(column, np.ndarray)
            else column.cast(field.type)
            for column, field in zip(columns.values(), COMPARISON_SCHEMA, strict=True)
        ],
        schema=COMPARISON_SCHEMA,
    )


def month_of_contact(rows: pa.Table) -> np.ndarray:
    """Return the month of ``sent_at`` as (rows,) strings such as 2026-09."""
    sent_at = pc.cast(rows["sent_at"], pa.timestamp("us"))
    return pc.strftime(sent_at, format="%Y-%m").to_numpy(zero_copy_only=False)


def logit_of_score_before(rows: pa.Table) -> np.ndarray:
    """Return ``csat_score_before`` as (rows,) logits: scores may be rounded to 0 or 100."""
    nearest = NEAREST_TO_CERTAIN / 100
    return logit_of(np.clip(numbers(rows, "csat_score_before") / 100, nearest, 1 - nearest))
