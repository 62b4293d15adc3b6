"""A list of those in trouble, of whom chance holds some out: they alone tell what it does."""

from __future__ import annotations

import numpy as np
import pytest

from csat.impact import NEVER, Answers, History, Panel, PastMean, ProgramSettings, estimate_program

CUSTOMERS, PERIODS, FIRST = 6_000, 40, 14
SETTINGS = ProgramSettings(before=8, after=8, is_randomized=True, controls_drawn=0)


def listed_company(seed: int, effect: float) -> tuple[Panel, np.ndarray, np.ndarray]:
    """Draw customers who are listed when they are worst off, and get better by themselves.

    Trouble hits each of them once, costs 30 points that the score does not see, halves every two
    periods, and puts 60 % of them on the list, of whom 30 % are held out.
    """
    random = np.random.default_rng(seed)
    hit = random.integers(FIRST, PERIODS - 8, CUSTOMERS)
    is_hit = random.random(CUSTOMERS) < 0.6
    is_held = random.random(CUSTOMERS) < 0.3
    cohort = np.where(is_hit & ~is_held, hit, NEVER)
    held_out = np.where(is_hit & is_held, hit, NEVER)
    score = 70 + random.normal(0, 4, (CUSTOMERS, 1)) + np.zeros(PERIODS)
    since = np.arange(PERIODS)[None, :] - hit[:, None]
    truth = score - np.where(is_hit[:, None] & (since >= 0), 30 * 0.5 ** (since / 2), 0)
    truth = truth + effect * ((cohort != NEVER)[:, None] & (since >= 0))
    who = random.integers(0, CUSTOMERS, 30_000)
    period = random.integers(0, PERIODS, len(who))
    outcome = 100.0 * (random.random(len(who)) < truth[who, period] / 100)
    return Panel(score, Answers(who, period, outcome, score[who, period])), cohort, held_out


@pytest.mark.parametrize("effect", [0.0, 8.0])
def test_the_effect_of_the_list_is_found_against_the_held_out(effect):
    history, errors, held = History(past=[PastMean(4)]), [], []
    for seed in range(20):
        panel, cohort, held_out = listed_company(seed, effect)
        found = estimate_program(
            panel, cohort, held_out=held_out, history=history, settings=SETTINGS
        ).effect
        errors.append(found.estimate - effect)
        held.append(found.conf_low <= effect <= found.conf_high)
    assert abs(np.mean(errors)) < 3 * np.std(errors) / np.sqrt(len(errors))
    assert np.mean(held) >= 0.85


def test_against_all_others_it_would_seem_to_do_harm():
    panel, cohort, held_out = listed_company(1, 0.0)
    found = estimate_program(panel, cohort, settings=SETTINGS).effect
    assert found.conf_high < -3
    own = estimate_program(panel, cohort, held_out=held_out, settings=SETTINGS)
    assert own.control_customers == (held_out != NEVER).sum()


def test_starts_without_anyone_held_out_count_too():
    panel, cohort, held_out = listed_company(1, 8.0)
    start = FIRST + 3
    kept = np.where(held_out == start, NEVER, held_out)
    found = estimate_program(panel, cohort, held_out=kept, settings=SETTINGS)
    assert found.treated_customers == (cohort != NEVER).sum()
