"""Intervals hold the truth as often as they say: a small version of ``benchmarks/coverage.py``.

The worlds are those of the benchmark, which shows with many replications what is claimed here with
few: bounds leave room for chance (about three standard errors), so that they fail for methods that
are wrong, not for other seeds.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from csat.estimation import movement, sensitivity, survey_estimates

WORLDS = Path(__file__).resolve().parents[3] / "benchmarks" / "survey_worlds.py"


@pytest.fixture(scope="module")
def worlds() -> ModuleType:
    """Return the worlds of the benchmark."""
    specification = importlib.util.spec_from_file_location("survey_worlds", WORLDS)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    # Dataclasses look their module up.
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


def waves(worlds: ModuleType, world: object, count: int, **arguments: object) -> list:
    return [
        worlds.estimate_wave(worlds.draw_wave(world, seed, **arguments), world)
        for seed in range(count)
    ]


def holds(found: object, truth: np.ndarray | float) -> np.ndarray:
    return (found.conf_low <= truth) & (truth <= found.conf_high)


def test_base_and_segments_are_covered_and_narrower_than_the_survey(worlds: ModuleType) -> None:
    runs = [run for world in worlds.WORLDS for run in waves(worlds, world, 10)]
    assert np.mean([holds(run.base, run.base_truth) for run in runs]) > 0.85
    raw = np.mean([run.raw.estimate[0] - run.base_truth for run in runs])
    bias = np.mean([run.base.estimate[0] - run.base_truth for run in runs])
    assert raw > 1
    assert abs(bias) < 0.3 + 3 * 1.4 / np.sqrt(len(runs))
    for low, high, bar in ((5, 15, 0.45), (16, 50, 0.55), (51, 150, 0.7), (151, 10**9, 0.85)):
        inside = [(run.found.n >= low) & (run.found.n <= high) for run in runs]
        pairs = list(zip(runs, inside, strict=True))
        covered = np.concatenate([holds(run.found, run.truth)[k] for run, k in pairs])
        assert covered.mean() > 0.93 - 3 * np.sqrt(0.05 / len(covered))
        own, survey = (
            np.concatenate([(of(run).conf_high - of(run).conf_low)[k] for run, k in pairs]).mean()
            for of in (lambda run: run.found, lambda run: run.survey)
        )
        assert own < 1.05 * bar * survey


def test_segments_far_apart_are_covered(worlds: ModuleType) -> None:
    runs = waves(worlds, worlds.FAR_APART, 10)
    covered = np.concatenate([holds(run.found, run.truth)[run.found.n > 0] for run in runs])
    assert covered.mean() > 0.88
    # Estimates follow the segments: the mean score does not know how far apart they are.
    errors, scores = (
        np.concatenate([(values(run) - run.truth)[run.found.n > 50] for run in runs])
        for values in (lambda run: run.found.estimate, lambda run: run.mean_score)
    )
    assert np.mean(errors**2) < 0.7 * np.mean(scores**2)


def test_segments_that_the_score_knows_are_covered(worlds: ModuleType) -> None:
    """Left in the residuals, what the score took from their own answers fails half of the time."""
    runs = waves(worlds, worlds.KNOWN, 10)
    covered = np.concatenate([holds(run.found, run.truth)[run.found.n > 0] for run in runs])
    assert covered.mean() > 0.88
    held = np.concatenate([holds(run.left_in, run.truth)[run.left_in.n > 0] for run in runs])
    assert held.mean() < 0.75
    errors, errors_left_in = (
        np.concatenate([(of(run).estimate - run.truth)[run.found.n > 0] for run in runs])
        for of in (lambda run: run.found, lambda run: run.left_in)
    )
    assert np.mean(errors**2) < 0.9 * np.mean(errors_left_in**2)


def test_what_no_weight_sees_is_held_by_the_band_and_mended_by_gold(worlds: ModuleType) -> None:
    gamma = 0.5
    plain = waves(worlds, worlds.WORLDS[1], 8, gamma=gamma)
    assert np.mean([holds(run.base, run.base_truth) for run in plain]) < 0.3
    bands = [sensitivity(run.sums.total(), run.base, gamma_max=gamma) for run in plain]
    pairs = list(zip(bands, plain, strict=True))
    assert np.mean([holds(band, run.base_truth) for band, run in pairs]) > 0.7
    left = np.mean([band.estimate_low[0] - run.base_truth for band, run in pairs])
    assert abs(left) < 3 * 2 / np.sqrt(8)
    gold = waves(worlds, worlds.WORLDS[1], 8, gamma=gamma, gold=400)
    assert np.mean([holds(run.base, run.base_truth) for run in gold]) > 0.7
    assert all(run.base.response_bias > 3 for run in gold)


def test_moving_truth_is_covered_at_a_fraction_of_the_week_s_width(worlds: ModuleType) -> None:
    weather = worlds.WEATHERS[1]
    held, held_regions, own, week, moved = [], [], [], [], []
    for seed in range(12):
        course = worlds.draw_course(weather, seed)
        before, now = worlds.look(course, 642), worlds.look(course, 670)
        held.append(holds(now.base, now.base_truth)[0])
        held_regions.append(holds(now.found, now.truth))
        own.append(now.base.conf_high - now.base.conf_low)
        survey = survey_estimates(now.sums.total(), 1, window_days=7)
        week.append(survey.conf_high - survey.conf_low)
        change = movement(now.found, 28, before.found.score_part)
        moved.append(holds(change, now.truth - before.truth))
    assert np.mean(held) > 0.92 - 3 * np.sqrt(0.08 * 0.92 / 12)
    # Regions of one replication go together: as if there were some three of them.
    assert np.mean(held_regions) > 0.92 - 3 * np.sqrt(0.08 * 0.92 / 36)
    assert np.mean(moved) > 0.92 - 3 * np.sqrt(0.08 * 0.92 / 36)
    assert np.mean(own) < 0.4 * np.mean(week)
