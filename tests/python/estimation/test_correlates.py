"""Correlates: identities, few false discoveries, and what is there is found."""

from __future__ import annotations

import numpy as np
import pytest

from csat.estimation.correlates import (
    NOBODY_ELSE,
    TOO_FEW,
    Correlates,
    find_correlates,
    q_values,
)
from csat.model.logistic import sigmoid

RUNS = 300
ANSWERS = 2400
#: Topics, queues (of two topics each), agents (of one queue each), programs (of customers).
TOPICS, AGENTS, PROGRAMS = 8, 40, 8


def world(
    random: np.random.Generator, planted: float = 0.0
) -> tuple[Correlates, np.ndarray, np.ndarray]:
    """Draw answers whose groups overlap; return what is found and which groups differ, and beyond.

    Customers answer up to several times and have a level of their own, of which the score knows a
    part; weights differ. ``planted`` logits are taken from topic 0, which the score does not know,
    and from the members of program 0, which it does.
    """
    customers = 1500
    customer = random.integers(0, customers, ANSWERS)
    level = random.normal(0.9, 0.7, customers)
    topic = random.integers(0, TOPICS, ANSWERS)
    agent = topic // 2 + TOPICS // 2 * random.integers(0, AGENTS // (TOPICS // 2), ANSWERS)
    enrolled = random.random((PROGRAMS, customers)) < 0.15
    known = level - 0.35 - planted * enrolled[0]
    logit = known[customer] - planted * (topic == 0) + random.normal(0, 0.5, customers)[customer]
    satisfied = (random.random(ANSWERS) < sigmoid(logit)).astype(float)
    # The mean over what the score does not know of a customer.
    probability = sigmoid(known[customer] / np.sqrt(1 + 0.5**2 / 2.9))
    weight = random.lognormal(0, 0.5, ANSWERS)
    about_contact = random.random(ANSWERS) < 0.7
    places = np.flatnonzero(about_contact)
    members = [np.flatnonzero(about_contact & (topic == k)) for k in range(TOPICS)]
    members += [np.flatnonzero(about_contact & (topic // 2 == k)) for k in range(TOPICS // 2)]
    members += [np.flatnonzero(about_contact & (agent == k)) for k in range(AGENTS)]
    compared_with = [places] * len(members) + [None] * PROGRAMS
    members += [np.flatnonzero(enrolled[k][customer]) for k in range(PROGRAMS)]
    found = find_correlates(satisfied, probability, weight, customer, members, compared_with)
    truth = np.array(
        [
            100
            * (
                sigmoid(logit[group]).mean()
                - sigmoid(logit if others is None else logit[others]).mean()
            )
            for group, others in zip(members, compared_with, strict=True)
        ]
    )
    is_different = np.zeros(len(members), dtype=bool)
    if planted:
        # Shares of all others move a little with the planted ones.
        is_different = np.abs(truth) > 1.5
    return found, is_different, truth


def test_difference_is_explained_and_beyond() -> None:
    found, _, _ = world(np.random.default_rng(1), planted=0.8)
    told = found.reason == None  # noqa: E711
    assert told.sum() > 30
    difference = found.difference.estimate[told]
    np.testing.assert_allclose(
        difference, (found.explained + found.beyond.estimate)[told], atol=1e-9
    )
    np.testing.assert_allclose(difference, (found.share - found.everyone)[told], atol=1e-9)


def test_values_that_split_everyone_differ_by_nothing_together() -> None:
    random = np.random.default_rng(2)
    value = random.integers(0, 4, 1000)
    weight = random.lognormal(0, 0.5, 1000)
    members = [np.flatnonzero(value == k) for k in range(4)]
    found = find_correlates(
        random.random(1000) < 0.6,
        np.full(1000, 0.6),
        weight,
        np.arange(1000),
        members,
        [None] * 4,
    )
    held = np.array([weight[group].sum() for group in members])
    assert held @ found.difference.estimate == pytest.approx(0, abs=1e-9)


def test_variance_is_that_of_independent_answers_where_everyone_answers_once() -> None:
    """Two halves of equal weight: the variance of half the difference of two means."""
    satisfied = np.tile([1.0, 1.0, 0.0, 1.0], 100)
    group = np.arange(200)
    found = find_correlates(
        satisfied, np.full(400, 0.75), np.ones(400), np.arange(400), [group], [None]
    )
    expected = 0.75 * 0.25 * (1 / 200 - 1 / 400)
    assert found.difference.std_error[0] == pytest.approx(100 * np.sqrt(expected), rel=0.01)
    assert found.difference.estimate[0] == pytest.approx(0, abs=1e-9)


def test_answers_of_one_customer_count_less_than_those_of_many() -> None:
    random = np.random.default_rng(3)
    group = np.arange(100)
    satisfied = np.concatenate([np.repeat(random.random(10) < 0.5, 10), random.random(300) < 0.5])
    alone = np.arange(400)
    shared = np.concatenate([np.repeat(np.arange(10), 10), np.arange(100, 400)])
    errors = [
        find_correlates(
            satisfied, np.full(400, 0.5), np.ones(400), who, [group], [None]
        ).difference.std_error[0]
        for who in (alone, shared)
    ]
    assert errors[1] > 2 * errors[0]


def test_ten_satisfied_of_ten_are_no_proof() -> None:
    satisfied = np.concatenate([np.ones(20), np.tile([1.0, 1.0, 0.0], 300)])
    found = find_correlates(
        satisfied, np.full(920, 0.67), np.ones(920), np.arange(920), [np.arange(20)], [None]
    )
    independent = np.sqrt(0.67 * 0.33 / 20)
    assert found.difference.std_error[0] == pytest.approx(100 * independent, rel=0.05)


@pytest.mark.parametrize(
    ("group", "reason"),
    [(np.arange(19), TOO_FEW), (np.array([], dtype=int), TOO_FEW), (np.arange(400), NOBODY_ELSE)],
)
def test_where_nothing_can_be_said_there_is_a_reason(group: np.ndarray, reason: str) -> None:
    satisfied = np.tile([1.0, 0.0], 200)
    found = find_correlates(
        satisfied, np.full(400, 0.5), np.ones(400), np.arange(400), [group], [None]
    )
    assert found.reason[0] == reason
    for value in (found.difference.estimate, found.beyond.q_value, found.explained):
        assert np.isnan(value[0])


def test_q_values_are_those_of_benjamini_and_hochberg() -> None:
    found = q_values(np.array([0.04, np.nan, 0.01, 0.03, 0.5]))
    np.testing.assert_allclose(found, [4 / 3 * 0.04, np.nan, 0.04, 4 / 3 * 0.04, 0.5])
    p_values = np.random.default_rng(7).random(199)
    assert np.all(q_values(p_values) >= p_values)


def test_nothing_is_found_where_there_is_nothing() -> None:
    """Any discovery at all is one too many, in at most 5 % of runs (and simulation error)."""
    random = np.random.default_rng(4)
    runs = [world(random)[0] for _ in range(RUNS)]
    for name in ("difference", "beyond"):
        alarms = np.mean([np.nanmin(getattr(run, name).q_value) <= 0.05 for run in runs])
        assert alarms <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / RUNS), name
        # Not by having no power: p-values are near uniform.
        p_values = np.concatenate([getattr(run, name).p_value for run in runs])
        assert 0.02 < np.nanmean(p_values <= 0.05) < 0.06, name


def test_planted_differences_are_found_with_few_others() -> None:
    random = np.random.default_rng(5)
    found_share, false_share, program_beyond = [], [], []
    program = TOPICS + TOPICS // 2 + AGENTS
    for _ in range(RUNS // 3):
        run, is_different, truth = world(random, planted=0.9)
        found = np.nan_to_num(run.difference.q_value, nan=1.0) <= 0.05
        found_share.append(found[[0, program]].mean())
        false_share.append(np.sum(found & ~is_different) / max(1, found.sum()))
        program_beyond.append(run.beyond.q_value[program] <= 0.05)
        assert np.all(truth[[0, program]] < -8)
    assert np.mean(found_share) > 0.9
    assert np.mean(false_share) < 0.08
    # The score knows what the program goes with.
    assert np.mean(program_beyond) < 0.1


def test_intervals_cover() -> None:
    random = np.random.default_rng(6)
    covered = []
    for _ in range(RUNS // 3):
        run, _, truth = world(random, planted=0.5)
        told = ~np.isnan(run.difference.estimate)
        low, high = run.difference.conf_low[told], run.difference.conf_high[told]
        covered.append(np.mean((low <= truth[told]) & (truth[told] <= high)))
    assert 0.94 < np.mean(covered) < 0.985
