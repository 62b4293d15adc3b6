"""Company-wide programs: a step of residuals is found, and called no more than a coincidence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from csat.impact import (
    CANNOT_TELL,
    CHANGED_WITH,
    Answers,
    ProgramSettings,
    estimate_company_wide,
    judge_company_wide,
)

START = 20
SETTINGS = ProgramSettings(before=16, after=12)


def answers(step: float, seed: int = 1, a_week: int = 400, wander: float = 0.0) -> Answers:
    random = np.random.default_rng(seed)
    level = np.cumsum(random.normal(0, wander, 40)) if wander else np.zeros(40)
    period = np.repeat(np.arange(40), a_week)
    predicted = random.uniform(50, 90, len(period))
    truth = predicted + level[period] + step * (period >= START)
    satisfied = 100.0 * (random.random(len(period)) < truth / 100)
    return Answers(np.arange(len(period)), period, satisfied, predicted)


def test_a_step_is_found_and_is_only_at_the_same_time():
    found = estimate_company_wide(answers(8.0), START, others=2, settings=SETTINGS)
    assert found.effect.conf_low < 8 < found.effect.conf_high
    assert found.effect.conf_low > 0
    said = judge_company_wide(found, 2.0)
    assert said.word == CHANGED_WITH
    assert "2 other programs" in said.message
    fallen = judge_company_wide(estimate_company_wide(answers(-8.0), START, settings=SETTINGS), 2.0)
    assert fallen.word == CHANGED_WITH
    assert fallen.message.startswith("Satisfaction fell")


def test_added_points_are_the_step():
    plain = answers(0.0)
    later = replace(plain, outcome=plain.outcome + 5.0 * (plain.period >= START))
    steps = [
        estimate_company_wide(one, START, settings=SETTINGS).effect.estimate
        for one in (plain, later)
    ]
    # The spread of answers, and with it the weights of the grid, changes a little.
    assert steps[1] - steps[0] == pytest.approx(5.0, abs=0.05)


def test_a_level_that_wanders_widens_the_interval_and_is_covered():
    held, rejected = [], []
    for seed in range(60):
        found = estimate_company_wide(
            answers(0.0, seed, 200, wander=0.8), START, settings=SETTINGS
        ).effect
        held.append(found.conf_low <= 0 <= found.conf_high)
        rejected.append(abs(found.estimate) > 1.96 * 2.6)
    assert np.mean(held) > 0.95 - 3 * np.sqrt(0.05 * 0.95 / 60)
    calm = estimate_company_wide(answers(0.0, 1, 200), START, settings=SETTINGS)
    wild = estimate_company_wide(answers(0.0, 1, 200, wander=2.0), START, settings=SETTINGS)
    assert wild.effect.std_error > 1.5 * calm.effect.std_error
    assert wild.wandering > calm.wandering


def test_a_step_before_the_start_fails():
    early = answers(0.0)
    moved = replace(early, outcome=early.outcome + 9.0 * (early.period >= START - 8))
    found = estimate_company_wide(moved, START, settings=SETTINGS)
    assert found.checks[0].status == "fail"
    assert judge_company_wide(found, 2.0).word == CANNOT_TELL


def test_without_enough_periods_nothing_is_told():
    found = estimate_company_wide(answers(8.0), 38, settings=SETTINGS)
    assert found.effect.estimate is None
    assert "2 after it" in found.effect.reason
    few = estimate_company_wide(answers(30.0, a_week=1), START, settings=SETTINGS)
    assert (few.effect.estimate, few.effect.n) == (None, 28)
    assert "12 effective answers, and 30 are needed" in few.effect.reason
    assert judge_company_wide(few, 2.0).word == CANNOT_TELL
    nobody = Answers(*(np.zeros(0),) * 4)
    assert estimate_company_wide(nobody, START).effect.n == 0
