"""A list of those in trouble, of whom chance holds some out: they alone tell what it does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from csat.impact import (
    NEVER,
    Answers,
    History,
    Panel,
    PastMean,
    ProgramSettings,
    as_assigned,
    estimate_program,
)

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


def test_who_was_held_out_and_enrols_all_the_same_still_counts_as_held_out():
    cohort, held_out = np.array([NEVER, 5, 5, 12, 13, 4]), np.array([5, NEVER, 5, 5, 5, 5])
    assert as_assigned(cohort, held_out, 8).tolist() == [NEVER, 5, NEVER, NEVER, 13, 4]


def test_controls_who_join_because_they_are_worse_off_make_no_harm_of_a_program_without_effect():
    """The unhappier half of those held out joins some periods later."""
    errors, verdicts, careless = [], [], []
    for seed in range(20):
        panel, cohort, held_out = listed_company(seed, 0.0)
        random = np.random.default_rng(seed)
        is_worse = np.zeros(CUSTOMERS, dtype=bool)
        left = np.bincount(
            panel.answers.customer, panel.answers.outcome - panel.answers.predicted, CUSTOMERS
        )
        is_worse[(held_out != NEVER) & (left < 0)] = True
        later = np.where(is_worse, held_out + random.integers(1, 6, CUSTOMERS), cohort)
        found = estimate_program(panel, later, held_out=held_out, settings=SETTINGS).effect
        errors.append(found.estimate)
        verdicts.append(found.conf_high < 0 or found.conf_low > 0)
        is_left = np.where(is_worse, NEVER, held_out)
        careless.append(
            estimate_program(panel, later, held_out=is_left, settings=SETTINGS).effect.conf_high < 0
        )
    assert abs(np.mean(errors)) < 3 * np.std(errors) / np.sqrt(len(errors))
    assert np.mean(verdicts) <= 0.15
    assert np.mean(careless) > 0.5, "counted by what they did, the program seems to do harm"


def test_controls_whom_the_company_chose_are_compared_before_and_after():
    """They are 15 points happier than their scores say, always have been, and chance chose none."""
    random = np.random.default_rng(3)
    chosen = random.integers(FIRST, PERIODS - 8, CUSTOMERS)
    is_held, is_in = random.random(CUSTOMERS) < 0.3, random.random(CUSTOMERS) < 0.6
    cohort = np.where(is_in & ~is_held, chosen, NEVER)
    held_out = np.where(is_in & is_held, chosen, NEVER)
    score = np.full((CUSTOMERS, PERIODS), 60.0) + random.normal(0, 4, (CUSTOMERS, 1))
    who, period = random.integers(0, CUSTOMERS, 60_000), random.integers(0, PERIODS, 60_000)
    level = score[who, period] + 15.0 * is_held[who]
    outcome = 100.0 * (random.random(len(who)) < level / 100)
    panel = Panel(score, Answers(who, period, outcome, score[who, period]))
    as_if_drawn = estimate_program(panel, cohort, held_out=held_out, settings=SETTINGS).effect
    assert as_if_drawn.conf_high < -5
    by_choice = replace(SETTINGS, is_randomized=False)
    found = estimate_program(
        panel, cohort, held_out=held_out, history=History(past=[PastMean(4)]), settings=by_choice
    )
    assert found.effect.conf_low < 0 < found.effect.conf_high
    assert found.control_customers <= (held_out != NEVER).sum()
    assert {"pre_trend", "placebo_date"} <= {check.name for check in found.checks}
