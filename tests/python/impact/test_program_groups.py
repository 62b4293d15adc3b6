"""Effects on groups that customers are in just before a start, and may leave after it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_up_programs import PERIODS, SETTINGS, MadeUp, grouping, made_up

from csat.impact import (
    IN_NONE,
    NEVER,
    Answers,
    GroupEffects,
    Grouping,
    ImpactError,
    Panel,
    ProgramEffect,
    estimate_program,
)


def estimated(company: MadeUp, *groups: Grouping, **settings: object) -> ProgramEffect:
    return estimate_program(
        company.panel,
        company.cohort,
        history=company.history,
        settings=settings.get("settings", SETTINGS),
        groups=groups,
    )


def assert_same(found: GroupEffects, expected: GroupEffects) -> None:
    for name in ("customers", "estimate", "std_error", "conf_low", "conf_high", "n"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)


def before_start(company: MadeUp) -> np.ndarray:
    """(customers, periods) whether it is the period before somebody starts: 5 to 8."""
    return np.isin(np.arange(PERIODS), np.unique(company.cohort[company.cohort != NEVER]) - 1)


def test_a_group_of_everybody_has_the_whole_effect():
    company = made_up()
    found = estimated(company, grouping("all", np.ones((500, PERIODS), dtype=bool)))
    (told,), effect = found.groups.estimate, found.effect
    assert told == pytest.approx(effect.estimate, abs=1e-9)
    assert found.groups.std_error[0] == pytest.approx(effect.std_error, abs=1e-9)
    assert found.groups.customers[0] == found.treated_customers
    assert found.groups.known_since[0] == found.groups.unknown[0] == 0


def test_what_a_customer_is_at_other_moments_than_before_the_start_does_not_matter():
    """Who is in the group is drawn anew each period; the program may have moved anybody."""
    company = made_up()
    random = np.random.default_rng(3)
    is_in = random.random((500, PERIODS)) < 0.5
    plain = estimated(company, grouping("group", is_in)).groups
    start = np.where(company.cohort == NEVER, PERIODS, company.cohort)
    later = np.arange(PERIODS) >= start[:, None]
    # Controls stand at several starts: for all of them, only the period before each one counts.
    moved = np.where(later | ~before_start(company), random.random(is_in.shape) < 0.5, is_in)
    assert (moved != is_in).mean() > 0.2
    assert_same(estimated(company, grouping("group", moved)).groups, plain)
    shifted = estimated(company, grouping("group", np.roll(is_in, 1, axis=1))).groups
    assert shifted.estimate[0] != plain.estimate[0]


def test_controls_are_in_the_group_at_the_same_moment():
    """In one period before a start nobody but the enrolled is in it: then there are no controls."""
    company = made_up()
    is_in = np.ones((500, PERIODS), dtype=bool)
    is_in[company.cohort == NEVER] = False
    is_in[:, 4] = True
    found = estimated(company, grouping("group", is_in)).groups
    assert np.isnan(found.estimate[0])
    assert found.customers[0] > 0


def test_controls_of_a_start_are_not_those_of_another_one():
    """Some rise just before the early ones start, and are in the group only before late ones do."""
    cohort, rises = starting(
        {(6, False): 60, (9, False): 60, (None, True): 300, (None, False): 300}
    )
    codes = np.zeros((len(cohort), PERIODS), dtype=int)
    codes[rises, 5] = IN_NONE
    outcome = np.full((len(cohort), PERIODS), 70.0)
    outcome[rises, :5] = 40.0
    panel = everyone_answers(outcome)

    def effect_in_group(codes: np.ndarray) -> float:
        found = estimate_program(
            panel, cohort, settings=SETTINGS, groups=[Grouping("side", ["in"], codes)]
        )
        return found.groups.estimate[0]

    assert effect_in_group(codes) == pytest.approx(0.0, abs=1e-9)
    # By the group at any other moment they would be controls of the early ones, too.
    assert effect_in_group(np.roll(codes, 1, axis=1)) < -1


def test_a_group_that_never_changes_needs_one_column():
    company = made_up()
    is_in = company.history.constant[:, 0] > 0
    one, all_periods = (
        estimated(company, grouping("group", members)).groups
        for members in (is_in, np.repeat(is_in[:, None], PERIODS, axis=1))
    )
    assert_same(one, all_periods)


def starting(numbers: dict[tuple[int | None, bool], int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the starts, and who is in the group, of so many customers of each kind."""
    cohort = np.repeat(
        [NEVER if start is None else start for start, _ in numbers], list(numbers.values())
    )
    return cohort, np.repeat([is_in for _, is_in in numbers], list(numbers.values()))


def everyone_answers(outcome: np.ndarray) -> Panel:
    """Return a panel in which all answer alike in each of the periods."""
    who, when = np.indices((len(outcome), PERIODS)).reshape(2, -1)
    answers = Answers(who, when, outcome[who, when], np.zeros(len(who)))
    return Panel(np.zeros((len(outcome), PERIODS)), answers)


def test_what_happens_to_everyone_at_some_time_is_no_effect_on_a_group():
    """More of the group start early, more of those outside late; for all it falls from 10 on."""
    cohort, is_in = starting(
        {(6, True): 80, (6, False): 20, (9, True): 20, (9, False): 80, (None, True): 600}
        | {(None, False): 600}
    )
    codes = np.where(is_in, 0, IN_NONE)[:, None].repeat(PERIODS, axis=1)
    # Of those who do not enrol fewer are in the group before the early start than before the late.
    codes[(cohort == NEVER) & (np.arange(len(cohort)) % 2 == 0), 5] = IN_NONE
    outcome = np.where(np.arange(PERIODS) >= 10, 50.0, 70.0) * np.ones((len(cohort), 1))
    found = estimate_program(
        everyone_answers(outcome),
        cohort,
        settings=SETTINGS,
        groups=[Grouping("side", ["in"], codes)],
    )
    assert found.effect.estimate == pytest.approx(0.0, abs=1e-9)
    assert found.groups.estimate[0] == pytest.approx(0.0, abs=1e-9)
    assert found.groups.customers[0] == 100


def test_only_those_count_who_can_be_compared():
    """Early ones have no controls of their group: neither they nor their answers are told."""
    cohort, is_in = starting(
        {(6, True): 100, (6, False): 10, (9, True): 4, (9, False): 10, (None, True): 300}
        | {(None, False): 300}
    )
    codes = np.where(is_in, 0, IN_NONE)[:, None].repeat(PERIODS, axis=1)
    codes[cohort == NEVER, 5] = IN_NONE
    codes[cohort == 9, 5] = IN_NONE
    outcome = np.random.default_rng(1).normal(70, 10, (len(cohort), PERIODS))
    panel, groups = everyone_answers(outcome), [Grouping("side", ["in"], codes)]
    found = estimate_program(panel, cohort, settings=SETTINGS, groups=groups)
    assert "has 4 effective answers" in found.groups.reason[0]
    wide = replace(SETTINGS, fewest_effective=3)
    told = estimate_program(panel, cohort, settings=wide, groups=groups).groups
    assert (told.customers[0], told.n[0]) == (4, 4 * 8)
    assert np.isfinite(told.estimate[0])


def test_two_groups_that_are_everybody_add_up_to_the_whole_effect():
    """By the shares of those who enrolled, where controls have the same shares and all answer."""
    random = np.random.default_rng(6)
    customers = 240
    # Of each 6 customers, one enrols, five do not; two thirds of either are in the group a.
    enrols = np.arange(customers) % 6 == 0
    is_a = np.arange(customers) // 6 % 3 < 2
    cohort = np.where(enrols, 8, NEVER)
    truth = random.normal(70, 10, (customers, PERIODS))
    who, when = np.indices(truth.shape).reshape(2, -1)
    panel = Panel(np.zeros_like(truth), Answers(who, when, truth.ravel(), np.zeros(truth.size)))
    codes = np.where(is_a, 0, 1)[:, None]
    found = estimate_program(
        panel, cohort, settings=SETTINGS, groups=[Grouping("side", ["a", "b"], codes)]
    )
    assert found.groups.names == (("side", "a"), ("side", "b"))
    share = found.groups.customers / found.groups.customers.sum()
    assert share.tolist() == pytest.approx([2 / 3, 1 / 3], abs=0.02)
    assert share @ found.groups.estimate == pytest.approx(found.effect.estimate, abs=1e-9)
    assert abs(found.groups.estimate[0] - found.groups.estimate[1]) > 0.1


def test_effects_that_differ_by_group_are_found_in_each():
    """Ten points in a group that whoever enrols leaves at once, nothing outside of it."""
    off, estimates = [], []
    for seed in range(10):
        random = np.random.default_rng(seed)
        company = made_up(seed, customers=1000, answers_each=6.0)
        is_in = random.random((1000, 1)) < 0.5
        start = np.where(company.cohort == NEVER, PERIODS, company.cohort)
        is_after = np.arange(PERIODS) >= start[:, None]
        answers = company.panel.answers
        chance = 60 + 15 * np.tanh(company.history.constant) + 10 * (is_in & is_after)
        chance = chance[answers.customer, answers.period]
        outcome = 100.0 * (random.random(len(answers)) < chance / 100)
        codes = np.where(is_in & ~is_after, 0, 1)
        found = estimated(
            company.with_answers(outcome=outcome), Grouping("side", ["in", "out"], codes)
        ).groups
        estimates.append(found.estimate)
        off.append((found.estimate - [10.0, 0.0]) / found.std_error)
    assert (np.abs(off) < 1.96).sum() >= 17, "20 intervals of 95 %"
    assert np.abs(np.mean(off, axis=0)).max() < 2.8 / np.sqrt(len(off))
    assert np.mean(estimates, axis=0) == pytest.approx([10, 0], abs=2.5)


def test_who_enrolled_before_a_group_is_known_is_left_out_of_it():
    company = made_up()
    is_in = np.ones(500, dtype=bool)
    found = estimated(company, grouping("all", is_in, known_since=7))
    late = estimated(
        MadeUp(company.panel, np.where(company.cohort < 8, 0, company.cohort), company.history),
        grouping("all", is_in),
    )
    assert found.groups.customers[0] == late.groups.customers[0] > 0
    assert found.groups.unknown[0] == np.isin(company.cohort, [6, 7]).sum()
    assert found.groups.customers[0] + found.groups.unknown[0] == found.treated_customers
    never = estimated(company, grouping("all", is_in, known_since=PERIODS)).groups
    assert np.isnan(never.estimate[0])
    assert "has 0 effective answers" in never.reason[0]
    assert (never.customers[0], never.unknown[0]) == (0, found.treated_customers)


def test_groups_of_other_customers_are_refused():
    company = made_up()
    with pytest.raises(ImpactError, match=r"The groups of region have shape \(3, 1\)"):
        estimated(company, Grouping("region", ["north"], np.full((3, 1), IN_NONE)))
    with pytest.raises(ImpactError, match="The groups of region are 1-dimensional"):
        Grouping("region", ["north"], np.zeros(500, dtype=int))
