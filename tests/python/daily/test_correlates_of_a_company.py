"""Correlates as a run makes them: who is compared with whom, and what is said of it."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from claims import Claims
from harness import Workspace

from csat.daily.correlates import CORRELATES_SCHEMA, correlate
from csat.engine import DuckDBEngine
from csat.estimation.correlates import NOBODY_ELSE, TOO_FEW

ANSWERS = 900
CLAIM = "assert_correlates_add_up"


def correlates_of(answers: pa.Table, circumstances: pa.Table) -> dict[tuple[str, str], dict]:
    """Compare as the project does; the rows by kind and value."""
    with duckdb.connect() as connection:
        connection.register("answers", answers)
        connection.register("circumstances", circumstances)
        found = correlate(
            DuckDBEngine(connection), answers="answers", circumstances="circumstances"
        )
    assert found.schema == CORRELATES_SCHEMA
    return {(row["kind"], row["value"]): row for row in found.to_pylist()}


@pytest.fixture(scope="module")
def answers() -> pa.Table:
    """Nine hundred answers; those about bills are worse, as the score knows in part."""
    random = np.random.default_rng(1)
    is_bill = np.arange(ANSWERS) % 3 == 0
    return pa.table(
        {
            "response_id": [f"r{number:03}" for number in range(ANSWERS)],
            "customer_id": [f"c{number % 700}" for number in range(ANSWERS)],
            "is_satisfied": random.random(ANSWERS) < 0.8 - 0.4 * is_bill,
            "probability": 0.75 - 0.1 * is_bill,
            "weight": random.lognormal(0, 0.3, ANSWERS),
        }
    )


@pytest.fixture(scope="module")
def circumstances(answers: pa.Table) -> pa.Table:
    """Topics of two thirds of the answers, one channel of all, a program of every tenth one."""
    rows = []
    for number, response in enumerate(answers["response_id"].to_pylist()):
        rows.append((response, "channel", "phone"))
        if number % 3 < 2:
            rows.append((response, "topic", ("bill", "move")[number % 3]))
        if number % 10 == 0:
            rows.append((response, "program", "P1"))
        if number < 5:
            rows.append((response, "agent", "A1"))
    names = ("response_id", "kind", "value")
    return pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


@pytest.fixture(scope="module")
def found(answers: pa.Table, circumstances: pa.Table) -> dict[tuple[str, str], dict]:
    return correlates_of(answers, circumstances)


def share(answers: pa.Table, places: np.ndarray) -> float:
    satisfied = answers["is_satisfied"].to_numpy(zero_copy_only=False)[places].astype(float)
    return 100 * np.average(satisfied, weights=answers["weight"].to_numpy()[places])


def test_a_topic_is_compared_with_answers_that_have_one_and_a_program_with_all(
    answers: pa.Table, found: dict
) -> None:
    numbers = np.arange(ANSWERS)
    bill, program = found["topic", "bill"], found["program", "P1"]
    assert bill["csat"] == pytest.approx(share(answers, numbers % 3 == 0))
    assert bill["csat_everyone"] == pytest.approx(share(answers, numbers % 3 < 2))
    assert program["csat_everyone"] == pytest.approx(share(answers, numbers >= 0))
    assert (bill["answers"], program["answers"]) == (300, 90)


def test_what_differs_is_found_and_what_the_score_knows_of_it_told(found: dict) -> None:
    bill, program = found["topic", "bill"], found["program", "P1"]
    assert bill["difference_q_value"] < 1e-3
    assert bill["explained"] == pytest.approx(-5, abs=1)
    assert bill["beyond_q_value"] < 0.05
    assert program["difference_q_value"] > 0.05


def test_where_nothing_can_be_said_figures_are_null_with_a_reason(found: dict) -> None:
    for key, reason in ((("channel", "phone"), NOBODY_ELSE), (("agent", "A1"), TOO_FEW)):
        row = found[key]
        assert row["reason"] == reason
        assert row["csat"] is not None
        for name in ("difference", "difference_lower", "explained", "beyond_q_value"):
            assert row[name] is None


def test_order_of_rows_does_not_matter(
    answers: pa.Table, circumstances: pa.Table, found: dict
) -> None:
    random = np.random.default_rng(2)
    turned = correlates_of(
        answers.take(random.permutation(len(answers))),
        circumstances.take(random.permutation(len(circumstances))),
    )
    assert turned == found


def test_without_answers_there_are_no_rows(answers: pa.Table, circumstances: pa.Table) -> None:
    assert correlates_of(answers.slice(0, 0), circumstances) == {}


def test_answers_of_a_company_are_compared_once_each(scored: Workspace) -> None:
    assert scored.values(
        "select count(*) from intermediate.int_answers_to_compare"
    ) == scored.values(
        "select count(distinct response_id) from intermediate.int_answer_residuals "
        "where not is_gold"
    )
    kinds = scored.values("select distinct kind from marts.fct_csat_correlates")
    assert {"channel", "topic", "queue", "product"} <= set(kinds)


@pytest.mark.parametrize(
    "mistake", ["explained = explained + 0.01", "difference = null", "difference_q_value = 0"]
)
def test_correlates_that_do_not_add_up_are_found(claims: Claims, mistake: str) -> None:
    assert claims.rows_against(CLAIM) == 0
    planted = f"update marts.fct_csat_correlates set {mistake} where reason is null"
    assert claims.rows_against(CLAIM, after=planted)
