"""Journeys of a company: the tables add up, and what does not is caught."""

from __future__ import annotations

import pytest
from claims import Claims
from deliveries import VARS
from harness import Outcome, Workspace

from csat.daily.journeys import SEED

CLAIM = "assert_journeys_add_up"
#: What a change of the definitions is built by.
MODELS = (
    *("journey_definitions", "journey_steps", "int_journey_risk_sets", "int_journey_moments"),
    *("int_journey_answers", "int_journey_outcomes"),
    *("fct_customer_journeys", "fct_journey_funnel", "journey_impact", "fct_journey_impact"),
)


def test_journeys_start_end_and_are_told(at_once: Workspace) -> None:
    journeys = at_once.query(
        "select status, count(*) as journeys, count(csat_score_after) as scored, "
        "min(steps_taken) as fewest, bool_and(ended_at is null) as is_without_end "
        "from marts.fct_customer_journeys group by status"
    )
    told = {row["status"]: row for row in journeys}
    assert set(told) == {"completed", "broken", "open"}
    assert all(row["journeys"] >= row["scored"] > 0 for row in journeys)
    assert told["completed"]["fewest"] >= 2
    assert [status for status in told if told[status]["is_without_end"]] == ["open"]
    # An answer within the days after counts, and one before does not.
    (answers, found) = at_once.query(
        "with ends as (select distinct customer_id, last_step_at, answers "
        "from marts.fct_customer_journeys) "
        "select sum(answers) as answers, (select count(*) from ends "
        "inner join marts.fct_survey_answers as given on ends.customer_id = given.customer_id "
        "inner join intermediate.int_answers_to_compare as compared "
        "on given.response_id = compared.response_id "
        "where given.sent_at > ends.last_step_at "
        "and given.sent_at <= ends.last_step_at + interval 28 day) as found from ends"
    )[0].values()
    assert answers == found > 20


@pytest.mark.parametrize(
    "planted",
    [
        "delete from marts.fct_customer_journeys where journey_id = 'repeat_contact' and "
        "started_at = (select min(started_at) from marts.fct_customer_journeys "
        "where journey_id = 'repeat_contact')",
        "update marts.fct_journey_funnel set dropped = dropped + 1 "
        "where journey_id = 'repeat_contact' and step = 2",
    ],
)
def test_what_does_not_add_up_is_caught(claims: Claims, planted: str) -> None:
    assert claims.rows_against(CLAIM) == 0
    assert claims.rows_against(CLAIM, after=planted)


def define(workspace: Workspace, *rows: str) -> Outcome:
    """Add rows to the definitions, and build what depends on them."""
    with (workspace.folder / SEED.path).open("a", encoding="utf-8") as seed:
        seed.writelines(f"{row}\n" for row in rows)
    return workspace.dbt("build", "--select", *MODELS, "--vars", VARS)


def test_a_journey_is_added_by_data_alone(scored: Workspace) -> None:
    outcome = define(
        scored,
        "own,1,My own journey,me,bill,bill,,,,,",
        "own,2,My own journey,me,contact,contact,,,,30,",
        "own,3,My own journey,me,letter,contact,letters,,,30,true",
    )
    assert outcome.succeeded, outcome.errors
    funnel = scored.query(
        "select status, reached from marts.fct_journey_funnel where journey_id = 'own' "
        "order by step"
    )
    assert [row["status"] for row in funnel] == [
        "in use",
        "in use",
        "waiting for contact: letters",
    ]
    assert funnel[0]["reached"] > funnel[1]["reached"] > funnel[2]["reached"] == 0
    assert scored.values(
        "select verdict from marts.fct_journey_impact where journey_id = 'own' and step = 3"
    ) == ["cannot be told. Nobody has come so far and been followed up."]

    mistaken = define(scored, "own,4,My own journey,me,call,contact,outige,,,30,")
    assert not mistaken.succeeded
    assert f"in {SEED.path} has the topic outige, which no contact has" in mistaken.errors
    assert "(did you mean outage?)" in mistaken.errors
