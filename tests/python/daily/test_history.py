"""What the history keeps is what was scored, to the last decimal, and says so where it is not."""

from __future__ import annotations

import pytest
from claims import Claims
from deliveries import SCORES_ALONE, VARS
from harness import WITHOUT_TESTS, Workspace

HISTORY = "intermediate.int_customer_csat_history"
SCORES = "intermediate.int_customer_csat_scores"
FAMILIES = (
    *("contact", "billing", "interruption", "engagement", "profile", "survey_history", "signal"),
)


def test_scores_read_are_the_scores_computed(at_once: Workspace) -> None:
    families = " or ".join(
        f"scores.contribution_{family} <> cast(history.contribution_{family} as double)"
        for family in FAMILIES
    )
    (rows, different) = at_once.query(
        f"select count(*) as rows, count(*) filter (where {families} "
        "or abs(100 * scores.probability - told.csat_score) > 1e-12 "
        # Half a millionth of a logit is an eighth of a millionth of a probability.
        "or abs(told.csat_score_lower - 100 / (1 + exp(scores.interval_half_width - logit))) "
        "> 1.3e-5 or csat_score_lower > csat_score or csat_score > csat_score_upper) as different "
        f"from intermediate.customer_scores as scores join {HISTORY} as history "
        f"using (customer_id, score_date) join {SCORES} as told using (customer_id, score_date)"
    )[0].values()
    assert rows > 10_000
    assert different == 0


@pytest.mark.parametrize("column", ["contribution_billing", "interval_half_width"])
def test_two_millionths_of_a_logit_off_are_noticed(claims: Claims, column: str) -> None:
    planted = (
        f"update {HISTORY} set {column} = {column} + 0.000002 where customer_id || score_date = "
        f"(select max(customer_id || score_date) from {HISTORY})"
    )
    assert claims.rows_against("assert_contributions_add_up", after=planted) == 1


def test_a_history_of_another_form_is_refused_in_one_sentence(scored: Workspace) -> None:
    before = scored.values(f"select count(*) from {HISTORY}")
    scored.execute(f"alter table {HISTORY} drop column interval_half_width")

    outcome = scored.dbt("build", *SCORES_ALONE, "--vars", VARS, *WITHOUT_TESTS)

    assert not outcome.succeeded
    assert "as an earlier version of the project did: run once with --full-refresh" in (
        outcome.output
    )
    assert scored.values(f"select count(*) from {HISTORY}") == before
