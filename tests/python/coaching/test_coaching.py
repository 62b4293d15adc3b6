"""Examples are of what surprises; bad ones are of agents who differ, hardly ever of bad luck."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pyarrow as pa
from made_up_contacts import draw_contacts

from csat.daily.coaching import MOST_EXAMPLES, CoachingRules, choose_examples
from csat.engine import DuckDBEngine

RULES = CoachingRules(recent_days=90, fewest_answers=10, least_expected=0.5, largest_chance=0.2)


def choose(
    engine: DuckDBEngine, contacts: pa.Table, commented=None, said="They told me", **settings
) -> list[dict]:
    """Return the examples; every contact has a comment where not told otherwise."""
    ids = contacts["response_id"] if commented is None else pa.array(commented, pa.string())
    engine.connection.register("contacts", contacts)
    comments = pa.table({"response_id": ids, "comment": [said] * len(ids)})
    engine.connection.register("comments", comments)
    rules = replace(RULES, **settings)
    found = choose_examples(engine, answers="contacts", comments="comments", rules=rules)
    engine.connection.unregister("contacts")
    engine.connection.unregister("comments")
    return found.to_pylist()


def bad_agents(examples: list[dict]) -> set[str]:
    return {e["entity_id"] for e in examples if (e["level"], e["example_kind"]) == ("agent", "bad")}


def test_luck_is_hardly_coached(engine: DuckDBEngine) -> None:
    """Of agents who are all alike no more than the largest chance get bad examples."""
    shown = [len(bad_agents(choose(engine, draw_contacts(seed)))) / 20 for seed in range(15)]
    assert sum(shown) / len(shown) <= RULES.largest_chance
    # Raw, nearly everybody has an unsatisfied answer about an easy contact.
    assert sum(shown) > 0


def test_an_agent_who_differs_is_coached(engine: DuckDBEngine) -> None:
    found = [bad_agents(choose(engine, draw_contacts(s, effects={7: -1.5}))) for s in range(10)]
    assert sum("a07" in agents for agents in found) >= 9


def test_examples_follow_their_rules(engine: DuckDBEngine) -> None:
    contacts = draw_contacts(3, effects={7: -2.0, 4: -1.0})
    of = {row["response_id"]: row for row in contacts.to_pylist()}
    examples = choose(engine, contacts)
    assert {e["example_kind"] for e in examples} == {"good", "bad"}
    for example in examples:
        own = of[example["response_id"]]
        key = "agent_id" if example["level"] == "agent" else "team"
        assert own[key] == example["entity_id"]
        assert own["is_satisfied"] == (example["example_kind"] == "good")
        assert (own["as_of_date"] - own["sent_at"].date()).days < 90
        assert example["example_rank"] <= MOST_EXAMPLES
        similar = of[example["similar_response_id"]]
        assert similar["is_satisfied"]
        assert similar["topic"] == own["topic"]
        assert similar[key] != own[key]
        if example["example_kind"] == "bad":
            # Hard cases are held against nobody.
            assert example["expected"] >= 100 * RULES.least_expected
            assert own["topic"] != "hard"
        wanted = "Satisfied" if example["example_kind"] == "good" else "Not satisfied"
        assert example["why"].startswith(wanted)
    # The best examples are hard cases handled well: of two topics that are not hard there are two
    # in three contacts, and as many more of their answers are satisfied.
    best = [e for e in examples if e["example_kind"] == "good" and e["example_rank"] == 1]
    hard = [of[e["response_id"]]["topic"] == "hard" for e in best]
    assert sum(hard) >= 0.6 * len(best)
    for first, second in itertools.pairwise(examples):
        if second["example_rank"] > 1:
            assert abs(first["surprise"]) >= abs(second["surprise"])


def test_contacts_with_nothing_to_talk_about_are_no_examples(engine: DuckDBEngine) -> None:
    contacts = draw_contacts(4, effects={7: -2.0})
    examples = choose(engine, contacts, commented=["r00000"])
    telling = {row["response_id"] for row in contacts.to_pylist() if row["transfers"] > 0} | {
        "r00000"
    }
    assert examples
    assert {example["response_id"] for example in examples} <= telling
    assert {e["drivers"] for e in examples if e["response_id"] != "r00000"} == {"handed on"}


def test_a_word_is_nothing_to_talk_about(engine: DuckDBEngine) -> None:
    contacts = draw_contacts(4, effects={7: -2.0})
    contacts = contacts.set_column(
        contacts.column_names.index("transfers"), "transfers", pa.array([0] * len(contacts))
    )
    assert choose(engine, contacts, said="Good") == []
    assert choose(engine, contacts, said="Good [phone] [e-mail] 12 34") == []
    assert choose(engine, contacts, said="Told me nothing")


def test_few_answers_have_no_bad_examples(engine: DuckDBEngine) -> None:
    contacts = draw_contacts(5, effects={7: -3.0})
    assert "a07" in bad_agents(choose(engine, contacts))
    assert bad_agents(choose(engine, contacts, fewest_answers=41)) == set()


def test_nothing_comes_of_nothing(engine: DuckDBEngine) -> None:
    assert choose(engine, draw_contacts(1).slice(0, 0)) == []
    one = choose(engine, draw_contacts(1).slice(0, 1))
    assert all(example["similar_response_id"] is None for example in one)
