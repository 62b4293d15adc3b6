"""Comparisons of groups keep their sums, equal the joint model, cover the truth and are fair."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from csat.estimation.expectation import fit_expectation
from csat.estimation.groups import (
    compare_groups,
    flag_effect,
    residual_sums,
    verdict_of,
)
from csat.estimation.residuals import EstimationError
from csat.estimation.shrinkage import shrink
from csat.model.logistic import sigmoid

BENCHMARK = Path(__file__).resolve().parents[3] / "benchmarks" / "agents.py"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    """Return the benchmark, which draws the call centres."""
    specification = importlib.util.spec_from_file_location("agents_benchmark", BENCHMARK)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    # Dataclasses look their module up.
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def centre(benchmark: ModuleType):
    """Return a call centre of twelve agents."""
    return benchmark.call_centre(np.random.default_rng(3), "normal", agents=12)


# --- expectation --------------------------------------------------------------------------


def test_expectation_adds_up_to_what_was_answered(centre) -> None:
    expectation = centre.expectation()
    assert expectation.probability.sum() == pytest.approx(centre.satisfied.sum(), rel=1e-6)
    assert expectation.columns[:3] == ("intercept", "is_new", "score")


def test_unit_of_a_number_and_names_of_categories_change_nothing(centre) -> None:
    def fitted(scale: float, prefix: str) -> np.ndarray:
        return fit_expectation(
            centre.satisfied,
            categories={"topic": np.array([prefix + name for name in centre.topic], dtype=object)},
            numbers={"score": scale * centre.score + 5},
        ).probability

    np.testing.assert_allclose(fitted(1, ""), fitted(100, "another "), atol=1e-7)


def test_what_is_missing_is_a_column_of_its_own_and_what_is_rare_shares_one() -> None:
    random = np.random.default_rng(1)
    satisfied = (random.random(400) < 0.7).astype(float)
    topic = random.choice(np.array(["bill", "move", None], dtype=object), 400)
    topic[:3] = ["once", "twice", "twice"]
    wait = np.where(random.random(400) < 0.3, np.nan, random.lognormal(0, 1, 400))
    expectation = fit_expectation(
        satisfied,
        categories={"topic": topic, "language": np.full(400, None)},
        numbers={"wait": wait, "constant": np.ones(400), "never": np.full(400, np.nan)},
    )
    assert expectation.columns == (
        *("intercept", "wait", "wait missing"),
        *("topic: bill", "topic: missing", "topic: move", "topic: rare"),
    )
    rare = expectation.design[:, expectation.columns.index("topic: rare")]
    assert rare.sum() == 3
    assert np.isfinite(expectation.probability).all()


def test_columns_that_do_not_fit_are_refused() -> None:
    with pytest.raises(EstimationError, match="wait has 3 values for 2 answers"):
        fit_expectation(np.array([0.0, 1.0]), numbers={"wait": np.zeros(3)})
    with pytest.raises(EstimationError, match="0 or 1"):
        fit_expectation(np.array([0.0, np.nan]))
    with pytest.raises(EstimationError, match="3 groups for 2 answers"):
        compare_groups(fit_expectation(np.array([0.0, 1.0])), np.array(["a", "b", "a"]))


# --- identities ---------------------------------------------------------------------------


def test_differences_add_up_to_nothing_over_all_answers(centre) -> None:
    found = compare_groups(centre.expectation(), centre.agent)
    np.testing.assert_array_equal(found.n, centre.n)
    assert found.n @ found.difference == pytest.approx(0, abs=1e-8)
    assert found.n @ found.estimate == pytest.approx(0, abs=1e-8)
    assert found.n @ found.expected == pytest.approx(100 * centre.satisfied.sum())
    np.testing.assert_allclose(found.observed - found.expected, found.difference)


def test_without_anything_known_before_a_group_is_compared_with_the_mean(centre) -> None:
    found = compare_groups(fit_expectation(centre.satisfied), centre.agent)
    mean = 100 * centre.satisfied.mean()
    np.testing.assert_allclose(found.expected, mean, atol=1e-6)
    variance = mean * (100 - mean) / centre.n
    shrunk = shrink(found.observed, variance, largest_between_std=50.0, weights=centre.n)
    np.testing.assert_allclose(found.estimate, shrunk.effects.estimate, atol=1e-5)
    np.testing.assert_allclose(found.conf_low, shrunk.effects.conf_low, atol=1e-5)


def test_order_of_answers_and_names_of_groups_change_nothing(centre) -> None:
    order = np.random.default_rng(5).permutation(len(centre.agent))
    named = np.array([f"agent {99 - number}" for number in centre.agent], dtype=object)
    found = compare_groups(centre.expectation(), centre.agent)
    moved = compare_groups(
        fit_expectation(
            centre.satisfied[order],
            categories={"topic": centre.topic[order], "channel": centre.channel[order]},
            numbers={"score": centre.score[order]},
            flags={"is_new": centre.is_new[order]},
        ),
        named[order],
    )
    assert list(moved.groups) == sorted(set(named))
    np.testing.assert_allclose(found.conf_low, moved.conf_low[::-1], atol=1e-6)
    np.testing.assert_allclose(found.expected, moved.expected[::-1], atol=1e-6)


@pytest.mark.parametrize("tau", [1.0, 5.0, 30.0])
def test_sums_say_all_that_the_answers_say_in_the_joint_model(centre, tau: float) -> None:
    # One system of all coefficients and all agents, from single answers: u_g in points is
    # a_g Σ w / n, so that the prior precision of a_g is (100 Σ w / n)² / τ².
    expectation = centre.expectation()
    m, x = expectation.probability, expectation.design
    w = m * (1 - m)
    agents, columns = len(centre.n), x.shape[1]
    scale = 100 * np.bincount(centre.agent, w) / centre.n
    both = np.column_stack([x, np.eye(agents)[centre.agent]])
    prior = np.concatenate([expectation.penalty, scale**2 / tau**2])
    precision = both.T @ (both * w[:, None]) + np.diag(prior)
    gradient = both.T @ (centre.satisfied - m)
    gradient[:columns] -= expectation.penalty * expectation.coefficients
    covariance = np.linalg.inv(precision)
    share = centre.n / centre.n.sum()
    effects = np.column_stack([np.zeros((agents, columns)), (np.eye(agents) - share) * scale])
    mean = effects @ covariance @ gradient
    std_error = np.sqrt(np.diag(effects @ covariance @ effects.T))

    sums = residual_sums(expectation, centre.agent)
    found = shrink(
        sums.values,
        sums.variances,
        largest_between_std=50.0,
        weights=centre.n,
        covariates=sums.covariates,
        information=sums.information,
        between_stds=np.array([tau]),
    )
    np.testing.assert_allclose(found.effects.estimate, mean, atol=1e-4)
    np.testing.assert_allclose(found.effects.std_error, std_error, rtol=1e-6)


def test_asking_each_customer_twice_tells_nothing_more(centre) -> None:
    twice = np.tile(np.arange(len(centre.agent)), 2)
    once = residual_sums(fit_expectation(centre.satisfied), centre.agent)
    doubled = fit_expectation(centre.satisfied[twice])
    kept = residual_sums(doubled, centre.agent[twice], customers=twice)
    taken_apart = residual_sums(doubled, centre.agent[twice])
    np.testing.assert_allclose(kept.variances, once.variances, rtol=1e-6)
    np.testing.assert_allclose(taken_apart.variances, once.variances / 2, rtol=1e-6)


def test_few_pairs_of_answers_count_by_an_assumed_covariance(centre) -> None:
    expectation = fit_expectation(centre.satisfied)
    customers = np.arange(len(centre.agent))
    pair = np.flatnonzero(centre.agent == 2)[:2]
    customers[pair] = -1
    added = (
        residual_sums(expectation, centre.agent, customers=customers).variances
        - residual_sums(expectation, centre.agent).variances
    )
    assert added[2] == pytest.approx(1e4 * 2 * 0.02 / centre.n[2] ** 2)
    assert np.delete(added, 2) == pytest.approx(0)


# --- what is said -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "n", "verdict", "reason"),
    [
        (0.1, 12.0, 10, "above", None),
        (-12.0, -0.1, 10, "below", None),
        (-6.0, 10.0, 10, "as", None),
        (-10.1, 2.0, 500, None, "Anything from -10.1 to +2.0 points"),
        (0.1, 12.0, 9, None, "9 answers, fewer than 10"),
        (-1.0, 1.0, 0, None, "0 answers, fewer than 10"),
    ],
)
def test_verdict_is_what_the_interval_says(
    low: float, high: float, n: int, verdict: str | None, reason: str | None
) -> None:
    said, why = verdict_of(low, high, n, fewest_answers=10, margin=10.0)
    assert said == verdict
    assert (why is None) == (reason is None)
    assert (reason or "") in (why or "")


def test_nobody_is_compared_with_nobody(centre) -> None:
    found = compare_groups(centre.expectation(), np.zeros(len(centre.agent)))
    assert np.isnan(found.estimate).all()
    assert found.verdict.tolist() == [None]
    assert "no other one" in found.reason[0]
    assert found.observed[0] == pytest.approx(100 * centre.satisfied.mean())


def test_answers_that_are_all_alike_tell_nobody_apart() -> None:
    found = compare_groups(fit_expectation(np.ones(40)), np.repeat(["a", "b"], 20))
    assert np.isnan(found.conf_low).all()
    assert found.verdict.tolist() == [None, None]
    assert "alike" in found.reason[0]
    assert found.observed.tolist() == [100.0, 100.0]


def alone_with_a_topic(random: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Return answers of nine agents; the last one handles a hard topic that nobody else does."""
    agent = np.repeat(np.arange(9), 150)
    topic = np.where(agent == 8, "own", np.where(random.random(len(agent)) < 0.5, "bill", "move"))
    effect = np.array([0.4, -0.4, 0.2, -0.2, 0.0, 0.3, -0.3, 0.0, 0.0])
    logit = 1.0 + effect[agent] - 1.2 * (topic == "own")
    return (random.random(len(agent)) < sigmoid(logit)).astype(float), agent, topic.astype(object)


def test_what_nobody_else_handles_is_neither_held_against_the_agent_nor_explained_away() -> None:
    satisfied, agent, topic = alone_with_a_topic(np.random.default_rng(8))
    found = compare_groups(fit_expectation(satisfied, categories={"topic": topic}), agent)
    # Whether it is the topic or the agent cannot be told, and the interval says so.
    assert found.conf_low[8] < -8
    assert found.conf_high[8] > 0
    assert found.std_error[8] > 1.5 * found.std_error[:8].max()


def test_agents_of_a_team_are_worth_comparing_with_each_other(centre) -> None:
    expectation = centre.expectation()
    found = compare_groups(expectation, centre.team, units=centre.agent)
    coarse = compare_groups(expectation, centre.team)
    assert found.n.sum() == centre.n.sum()
    assert found.n @ found.estimate == pytest.approx(0, abs=1e-8)
    # Differences of agents within a team are no evidence of what topics do.
    assert (found.std_error > coarse.std_error).all()


# --- flags --------------------------------------------------------------------------------


def test_effect_of_a_flag_needs_answers_with_and_without_it(centre) -> None:
    expectation = fit_expectation(
        centre.satisfied, flags={"is_new": (np.arange(len(centre.agent)) < 9).astype(float)}
    )
    found = compare_groups(expectation, centre.agent)
    for flag in ("is_new", "is_unknown"):
        effect = flag_effect(expectation, found, flag)
        assert effect.estimate is None
        assert effect.conf_low is None
        assert "too few" in effect.reason


def test_effect_of_a_flag_is_found_within_agents_who_have_it_only_for_a_time() -> None:
    random = np.random.default_rng(2)
    agent = np.repeat(np.arange(20), 300)
    is_new = (agent < 10) & (random.random(len(agent)) < 0.5)
    # Those who are ever new are better, so that comparing agents would hide the dip.
    logit = 0.5 + 0.6 * (agent < 10) - 0.6 * is_new
    satisfied = (random.random(len(agent)) < sigmoid(logit)).astype(float)
    expectation = fit_expectation(satisfied, flags={"is_new": is_new.astype(float)})
    effect = flag_effect(expectation, compare_groups(expectation, agent), "is_new")
    truth = 100 * (sigmoid(0.5) - sigmoid(1.1))
    assert effect.conf_low < truth < effect.conf_high < 0
    assert effect.n == is_new.sum()
    assert effect.std_error < 3


# --- simulation ---------------------------------------------------------------------------


@pytest.mark.parametrize("truth", ["normal", "heavy-tailed", "two clusters"])
def test_agents_are_compared_fairly_in_simulated_call_centres(
    benchmark: ModuleType, truth: str
) -> None:
    judged = benchmark.replicate(truth, 25, seed=17)
    raw, fair = judged["raw mean"], judged["observed minus expected, shrunk"]
    assert fair.error < 0.4 * raw.error
    assert fair.covered.mean() > 0.92
    assert raw.covered.mean() < 0.85
    assert fair.wrong_share < 0.04 < raw.wrong_share
    assert judged["teams"].covered.mean() > 0.9


def test_nobody_is_flagged_where_nobody_differs(benchmark: ModuleType) -> None:
    judged = benchmark.replicate("none", 10, seed=18)
    assert judged["observed minus expected, shrunk"].flagged.mean() < 0.002
    assert judged["raw mean"].flagged.mean() > 0.1
