"""Cells of staffing count every contact once, and tell a planted difference from chance."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from made_up_contacts import draw_contacts

from csat.daily.staffing import describe_staffing
from csat.engine import DuckDBEngine


def draw_loads(seed: int, n: int, effect: float) -> tuple[pa.Table, pa.Table]:
    """Draw answers that are lower where agents have three contacts each, and the contacts."""
    random = np.random.default_rng(seed)
    answers = draw_contacts(seed, agents=n // 40)
    busy = random.random(n) < 0.4
    satisfied = random.random(n) < np.where(busy, 0.7 - effect, 0.7)
    answers = answers.set_column(
        answers.column_names.index("is_satisfied"), "is_satisfied", pa.array(satisfied)
    )
    contacts = pa.table(
        {
            "contact_id": answers["contact_id"],
            "topic": answers["topic"],
            "queue": answers["queue"],
            "hour_of_day": random.integers(8, 18, n),
            "wait_seconds": answers["wait_seconds"],
            "contacts_in_hour": np.where(busy, 6, 2),
            "agents_in_hour": np.full(n, 2),
            "contacts_per_agent": np.where(busy, 3.0, 1.0),
            "is_skill_match": random.random(n) < 0.5,
        }
    )
    return answers, contacts


def describe(engine: DuckDBEngine, answers: pa.Table, contacts: pa.Table, fewest: int = 5):
    engine.connection.register("answers", answers)
    engine.connection.register("contacts", contacts)
    found = describe_staffing(
        engine, contacts="contacts", answers="answers", fewest_answers=fewest
    ).to_pylist()
    engine.connection.unregister("answers")
    engine.connection.unregister("contacts")
    return found


def test_each_view_counts_every_contact_once(engine: DuckDBEngine) -> None:
    answers, contacts = draw_loads(1, 800, 0.3)
    cells = describe(engine, answers, contacts)
    for view in {cell["staffing_view"] for cell in cells}:
        own = [cell for cell in cells if cell["staffing_view"] == view]
        assert sum(cell["contacts"] for cell in own) == 800
        assert sum(cell["answers"] for cell in own) == 800
    finest = [cell for cell in cells if cell["staffing_view"] == "topic, queue and hour"]
    assert len(finest) == 30


def test_coarser_cells_are_told_where_the_finest_are_too_small(engine: DuckDBEngine) -> None:
    answers, contacts = draw_loads(1, 800, 0.3)
    cells = describe(engine, answers.slice(0, 100), contacts)
    of = {
        view: [cell for cell in cells if cell["staffing_view"] == view]
        for view in ("topic, queue and hour", "topic and queue", "hour")
    }
    assert [len(own) for own in of.values()] == [30, 3, 10]
    for own in of.values():
        assert sum(cell["contacts"] for cell in own) == 800
        assert sum(cell["answers"] for cell in own) == 100
    assert sum(cell["csat_estimate"] is None for cell in of["topic, queue and hour"]) > 10
    for cell in of["topic and queue"]:
        finer = [c for c in of["topic, queue and hour"] if c["topic"] == cell["topic"]]
        assert cell["contacts"] == sum(c["contacts"] for c in finer)
        assert (cell["queue"], cell["hour_of_day"]) == ("line", None)
        assert cell["csat_estimate"] is not None
    for cell in of["hour"]:
        assert cell["cell"] == f"{cell['hour_of_day']:02d}"
        assert (cell["topic"], cell["queue"]) == (None, None)


def test_a_planted_load_effect_is_found_and_chance_is_not(engine: DuckDBEngine) -> None:
    held, found = [], []
    for seed in range(20):
        for effect in (0.0, 0.3):
            cells = describe(engine, *draw_loads(seed, 800, effect))
            calm, busy = (
                cell
                for cell in sorted(cells, key=lambda c: c["band_rank"] or 0)
                if cell["staffing_view"] == "load"
            )
            assert (calm["contacts_per_agent"], busy["contacts_per_agent"]) == (1, 3)
            if effect:
                found.append(busy["csat_estimate_upper"] < calm["csat_estimate_lower"])
            for cell, truth in ((calm, 70), (busy, 70 - 100 * effect)):
                held.append(cell["csat_estimate_lower"] <= truth <= cell["csat_estimate_upper"])
    assert np.mean(found) > 0.9
    assert np.mean(held) > 0.9


def test_small_cells_are_hidden_and_shrunk(engine: DuckDBEngine) -> None:
    answers, contacts = draw_loads(2, 400, 0.0)
    cells = describe(engine, answers.slice(0, 120), contacts)
    hours = [cell for cell in cells if cell["staffing_view"] == "topic, queue and hour"]
    hidden = [cell for cell in hours if cell["answers"] < 5]
    shown = [cell for cell in hours if cell["answers"] >= 5]
    assert hidden
    assert shown
    assert all(cell["csat"] is None and "Fewer than 5" in cell["reason"] for cell in hidden)
    spread = [np.std([cell[name] for cell in shown]) for name in ("csat", "csat_estimate")]
    assert spread[1] < 0.5 * spread[0]
    for cell in shown:
        assert cell["csat_lower"] <= cell["csat"] <= cell["csat_upper"]
        assert cell["csat_estimate_lower"] <= cell["csat_estimate"] <= cell["csat_estimate_upper"]


@pytest.mark.parametrize("kept", [0, 3])
def test_without_answers_load_is_told_alone(engine: DuckDBEngine, kept: int) -> None:
    answers, contacts = draw_loads(3, 400, 0.0)
    cells = describe(engine, answers.slice(0, kept), contacts)
    assert sum(cell["contacts"] for cell in cells if cell["staffing_view"] == "load") == 400
    assert all(cell["csat"] is None and cell["reason"] for cell in cells)
    assert describe(engine, answers.slice(0, 0), contacts.slice(0, 0)) == []
