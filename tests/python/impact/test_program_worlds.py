"""In simulated companies effects are covered, and what people do today fails where it fails.

A small version of ``benchmarks/programs.py``: bounds leave room for chance (about three standard
errors), so that they fail for methods that are wrong, not for other seeds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest
from harness import CHECKOUT

BENCHMARKS = CHECKOUT / "benchmarks"
#: Answers are as many as of six times the customers, so that few customers tell something.
CUSTOMERS, MORE_ANSWERS = 4_000, 6.0


@pytest.fixture(scope="module")
def benchmark() -> Iterator[ModuleType]:
    """Return the benchmark with its worlds, of which more people answer."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import program_worlds
        import programs

        usual = program_worlds.ANSWERS_A_WEEK
        program_worlds.ANSWERS_A_WEEK = MORE_ANSWERS * usual
        yield programs
        program_worlds.ANSWERS_A_WEEK = usual
    finally:
        sys.path.remove(str(BENCHMARKS))
        for name in ("program_worlds", "programs"):
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def runs(benchmark: ModuleType) -> dict:
    """Return a company of each of the worlds A to E."""
    return {
        world.name[0]: benchmark.look(world, 0, CUSTOMERS, has_peers=True)
        for world in benchmark.WORLDS[:5]
    }


def error(run: object, method: str) -> float:
    return run.found[method][0] - run.truth


def test_the_effect_is_found_as_surely_as_it_says(runs: dict) -> None:
    z = np.array([error(run, "this estimator") / run.std_error for run in runs.values()])
    assert abs(z.mean()) < 3 / np.sqrt(len(z))
    assert (np.abs(z) < 3.5).all()
    assert np.mean([run.std_error for run in runs.values()]) < 3.5


def test_null_programs_do_not_raise(runs: dict) -> None:
    assert "raises" not in (runs["C"].verdict, runs["D"].verdict)


@pytest.mark.parametrize(
    ("world", "method", "least"),
    [
        ("D", "enrolled against never, survey", 6),
        ("D", "regression adjustment, survey", 6),
        ("D", "score of a model that knows who enrolled", 6),
        ("A", "enrolled against never, survey", 4),
        ("C", "score as outcome", 3),
    ],
)
def test_what_people_do_today_takes_selection_for_an_effect(runs, world, method, least) -> None:
    assert error(runs[world], method) > least


def test_the_score_alone_misses_what_it_does_not_see(runs: dict) -> None:
    assert error(runs["A"], "score as outcome") < -3
    assert error(runs["E"], "score as outcome") > 3
