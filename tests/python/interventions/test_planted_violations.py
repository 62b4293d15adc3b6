"""Claims of the lists that people act on are held by tests that catch what breaks them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from claims import Claims, compile_claims
from harness import Workspace

CAPACITY = "assert_queue_keeps_to_capacity"
SPARES = "assert_queue_spares_who_must_not_be_contacted"
HELD_OUT = "assert_queue_leaves_out_the_held_out"
COACHING = "assert_coaching_examples_follow_their_rules"
CLAIMS = (CAPACITY, SPARES, HELD_OUT, COACHING)

FIRST = "customer_id = 'planted-1'"
ONE = "where fct_coaching_examples.response_id = 'planted'"
#: What stands in a column that a claim does not ask about.
FILLING = {
    "VARCHAR": "'x'",
    "DOUBLE": "1e0",
    "BOOLEAN": "false",
    "BIGINT": "1",
    "DATE": "today",
    "TIMESTAMP": "cast(today as timestamp)",
}


def filled(company: Workspace, table: str, **columns: str) -> str:
    """Return what inserts a row for each of three numbers, the columns that are not given filled.

    The simulated company is too small to have customers whom contacting would pay for.
    """
    types = company.query(f"select column_name, column_type from (describe {table})")
    values = ", ".join(
        f"{columns.get(row['column_name']) or FILLING.get(row['column_type'], 'null')} "
        f"as {row['column_name']}"
        for row in types
    )
    return (
        f"insert into {table} by name select {values} from range(1, 4) as numbers(number), "
        "(select as_of_date as today from intermediate.int_as_of_date)"
    )


@pytest.fixture(scope="module")
def claims(built_company: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Claims:
    """The simulated company with lists that keep all rules, and the SQL that dbt would run."""
    company = built_company.copy(tmp_path_factory.mktemp("claims") / "company")
    compile_claims(company, CLAIMS)
    of_queue = {
        "customer_id": "'planted-' || number",
        "queue_rank": "number + (select count(*) from marts.fct_intervention_queue)",
    }
    example = {
        "level": "'agent'",
        "example_kind": "'bad'",
        "example_rank": "100 + number",
        "response_id": "'planted' || case when number = 1 then '' else '-' || number end",
        "similar_response_id": "null",
        "is_satisfied": "false",
        "expected": "80e0",
        "chance_of_as_many": "0.1e0",
        "answers": "20",
    }
    for statement in (
        filled(company, "marts.fct_intervention_assignments", **of_queue),
        filled(company, "marts.fct_intervention_queue", **of_queue),
        filled(company, "marts.fct_coaching_examples", **example),
    ):
        company.execute(statement)
    return Claims(company)


@pytest.fixture
def failed(claims: Claims) -> Callable[..., list[str]]:
    """Return what plants a violation, tells which tests fail, and takes it back."""
    return lambda *planted: claims.broken(CLAIMS, after="; ".join(planted))


def test_lists_that_keep_the_rules_are_let_through(failed) -> None:
    assert failed() == []


@pytest.mark.parametrize(
    ("planted", "caught_by"),
    [
        pytest.param(
            # More contacts than the capacity of 100.
            "insert into marts.fct_intervention_queue by name select queue.* replace ("
            "customer_id || '-' || number as customer_id, "
            "queue_rank + number * 1000 as queue_rank) from marts.fct_intervention_queue as queue, "
            "range(1, 101) as numbers(number)",
            [CAPACITY, HELD_OUT],
            id="too many contacts, of whom nobody was assigned",
        ),
        pytest.param(
            f"update marts.fct_intervention_queue set queue_rank = 5 where {FIRST}",
            [CAPACITY],
            id="a place that there is not",
        ),
        pytest.param(
            "insert into intermediate.int_contact_restrictions by name "
            "select customer_id, 'do not contact' as restriction "
            f"from marts.fct_intervention_queue where {FIRST}",
            [SPARES],
            id="do not contact",
        ),
        pytest.param(
            "insert into intermediate.int_last_interventions by name select customer_id, "
            "queue_date - 59 as last_intervention_date "
            f"from marts.fct_intervention_queue where {FIRST}",
            [SPARES],
            id="contacted 59 days ago",
        ),
        pytest.param(
            f"update marts.fct_intervention_assignments set is_held_out = true where {FIRST}",
            [HELD_OUT],
            id="held out",
        ),
        pytest.param(
            f"delete from marts.fct_intervention_assignments where {FIRST}",
            [HELD_OUT],
            id="never assigned",
        ),
    ],
)
def test_queue_that_breaks_a_claim_is_caught(failed, planted: str, caught_by: list[str]) -> None:
    assert failed(planted) == caught_by


def test_contact_on_the_first_day_after_the_cooling_off_is_none(failed) -> None:
    assert (
        failed(
            "insert into intermediate.int_last_interventions by name select customer_id, "
            "queue_date - 60 as last_intervention_date "
            f"from marts.fct_intervention_queue where {FIRST}"
        )
        == []
    )


@pytest.mark.parametrize(
    "planted",
    [
        pytest.param("is_satisfied = true", id="a satisfied answer as a bad example"),
        pytest.param("expected = 49.9", id="a hard case held against somebody"),
        pytest.param("chance_of_as_many = 0.21", id="luck"),
        pytest.param("answers = 9", id="too few answers"),
        pytest.param("comment = null, drivers = null", id="nothing to talk about"),
        pytest.param(
            "agent_id = own.agent_id, topic = own.topic, similar_response_id = own.response_id "
            "from (from intermediate.int_coaching_contacts where is_satisfied and "
            "topic is not null order by response_id limit 1) as own",
            id="advice by oneself",
        ),
        pytest.param(
            "similar_response_id = (select min(response_id) from "
            "intermediate.int_coaching_contacts where not is_satisfied)",
            id="advice by who did not satisfy either",
        ),
    ],
)
def test_example_that_breaks_a_rule_is_caught(failed, planted: str) -> None:
    assert failed(f"update marts.fct_coaching_examples set {planted} {ONE}") == [COACHING]


@pytest.mark.parametrize(
    "planted",
    [
        pytest.param("topic = own.topic, similar_response_id = own.response_id", id="advice"),
        pytest.param(
            "example_kind = 'good', is_satisfied = true, response_id = own.response_id",
            id="a good example",
        ),
    ],
)
def test_example_that_is_not_resolved_is_caught(failed, planted: str) -> None:
    own = (
        "from intermediate.int_coaching_contacts where is_satisfied and topic is not null "
        "order by response_id limit 1"
    )
    example = f"update marts.fct_coaching_examples set {planted} from ({own}) as own {ONE}"
    resolved = "update intermediate.int_coaching_contacts set is_resolved = {} where response_id = "
    one = f"(select response_id {own})"
    assert failed(resolved.format("true") + one, example) == []
    assert failed(resolved.format("null") + one, example) == []
    assert failed(resolved.format("false") + one, example) == [COACHING]
