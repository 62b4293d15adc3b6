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
#: Answers are as many as of four times the customers, so that few customers tell something.
CUSTOMERS, MORE_ANSWERS = 8_000, 4.0


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
    """Return two companies of each world, by its first letter."""
    return {
        world.name[0]: [benchmark.look(world, seed, CUSTOMERS) for seed in range(2)]
        for world in benchmark.WORLDS
    }


def errors(runs: list, method: str) -> np.ndarray:
    return np.array([run.found[method][0] - run.truth for run in runs])


def test_the_effect_is_found_as_surely_as_it_says(runs: dict) -> None:
    every = [run for of_world in runs.values() for run in of_world]
    z = errors(every, "this estimator") / np.array([run.std_error for run in every])
    assert abs(z.mean()) < 3 / np.sqrt(len(z))
    assert (np.abs(z) < 3.5).all()
    assert 0.4 < z.std() < 1.8
    assert np.mean([run.std_error for run in every]) < 3.5


def test_null_programs_do_not_raise(runs: dict) -> None:
    assert [run.verdict for run in runs["C"] + runs["D"]].count("raises") == 0


@pytest.mark.parametrize(
    ("world", "method", "least"),
    [
        ("D", "enrolled against never, survey", 5),
        ("D", "regression adjustment, survey", 5),
        ("D", "score of a model that knows who enrolled", 3),
        ("A", "enrolled against never, survey", 3),
        ("C", "score as outcome", 2),
    ],
)
def test_what_people_do_today_takes_selection_for_an_effect(runs, world, method, least) -> None:
    assert errors(runs[world], method).mean() > least


def test_the_score_alone_misses_what_it_does_not_see(runs: dict) -> None:
    assert errors(runs["A"], "score as outcome").mean() < -3
    assert errors(runs["E"], "score as outcome").mean() > 3
