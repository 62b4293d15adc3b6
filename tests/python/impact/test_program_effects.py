"""Effects of programs: what must not change them, what must, and what their error is made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_up_programs import PERIODS, SETTINGS, MadeUp, grouping, made_up

from csat.impact import (
    NEVER,
    Answers,
    History,
    ImpactError,
    Panel,
    PastMean,
    ProgramEffect,
    ProgramSettings,
    estimate_program,
    thin_controls,
)
from csat.impact import programs as of_programs
from csat.impact.comparison import binomial_variance
from csat.impact.propensity import fit_propensity
from csat.impact.waiting import Waiting
from csat.impact.windows import Seen, Window
from csat.model.logistic import fit_logistic, sigmoid


def estimated(company: MadeUp, **settings: object) -> ProgramEffect:
    return estimate_program(
        company.panel,
        company.cohort,
        history=company.history,
        settings=replace(SETTINGS, **settings),
    )


def since_start(company: MadeUp) -> np.ndarray:
    """Periods from enrolling to each answer, below 0 for those who never enrol."""
    answers = company.panel.answers
    start = company.cohort[answers.customer]
    return np.where(start == NEVER, -99, answers.period - start)


# --- windows and weights ------------------------------------------------------------------


def test_windows_are_sums_of_their_periods():
    company = made_up(customers=40)
    answers = company.panel.answers
    random = np.random.default_rng(2)
    start = np.repeat(np.arange(-2, PERIODS + 2), 10)
    customer = np.concatenate([random.permutation(40)[:10] for _ in range(len(start) // 10)])
    company.panel.score[3, 5:] = company.panel.score[7] = np.nan
    windows = [Window(first, first + length) for first in (-4, -1, 0, 2) for length in (1, 3, 8)]
    seen = Seen.of(company.panel, customer, start, windows)
    assert seen.windows == tuple(windows)
    for place, window in enumerate(windows):
        residual = np.zeros(len(customer))
        residual[seen.answering] = seen.residual[place]
        for row in range(len(customer)):
            low, high = np.clip(start[row] + np.array([window.first, window.end]), 0, PERIODS)
            scores = company.panel.score[customer[row], low:high]
            scores = scores[np.isfinite(scores)]
            is_in = (answers.customer == customer[row]) & (answers.period >= low)
            is_in &= answers.period < high
            left = answers.weight * (answers.outcome - answers.predicted)
            assert seen.presence[place, row] == len(scores)
            mean = scores.mean() if len(scores) else np.nan
            np.testing.assert_allclose(seen.score[place, row], mean)
            assert residual[row] == pytest.approx(left[is_in].sum(), abs=1e-8)
            count = answers.weight[is_in].sum()
            assert seen.answers_of_all(window)[row] == pytest.approx(count, abs=1e-8)


def test_a_propensity_is_fitted_as_any_logistic_regression():
    random = np.random.default_rng(3)
    design = np.column_stack([np.ones(400), random.normal(size=(400, 3))])
    is_treated = random.random(400) < sigmoid(design @ [-1.0, 2.0, 0.5, 0.0])
    weight, penalty = random.uniform(0.5, 3.0, 400), np.array([1e-9, 1.0, 1.0, 1.0])
    found = fit_propensity(design, is_treated, weight, penalty, np.zeros(4))
    other = fit_logistic(design, is_treated.astype(float), weight, penalty)
    np.testing.assert_allclose(found, other, rtol=1e-6)
    left = weight * (sigmoid(design @ found) - is_treated)
    np.testing.assert_allclose(left @ design + penalty * found, 0.0, atol=1e-9)


def test_thinned_customers_stand_for_all():
    is_kept = np.arange(1000) % 10 == 0
    weight = thin_controls(is_kept, 90)
    assert (weight[is_kept] == 1).all()
    assert weight.sum() == pytest.approx(1000)
    assert ((weight > 0) & ~is_kept).sum() == 90
    assert (thin_controls(is_kept, 900) == 1).all()


def test_controls_with_answers_may_be_drawn():
    company = made_up(customers=3000, answers_each=2.0)
    whole, drawn = estimated(company), estimated(company, answering_drawn=800)
    assert abs(drawn.effect.estimate - whole.effect.estimate) < whole.effect.std_error
    assert 1 < drawn.effect.std_error / whole.effect.std_error < 1.2
    assert drawn.treated_answers == whole.treated_answers


def test_controls_without_answers_may_be_drawn():
    company = made_up(customers=3000, answers_each=0.5)
    whole = estimated(company)
    drawn = [estimated(company, controls_drawn=n) for n in (300, 200)]
    for found in drawn:
        assert found.effect.n == whole.effect.n
        assert abs(found.effect.estimate - whole.effect.estimate) < 0.3 * whole.effect.std_error
        assert found.effect.std_error == pytest.approx(whole.effect.std_error, rel=0.05)


# --- what must not change an effect -------------------------------------------------------


def test_what_moves_everyone_alike_is_no_effect():
    company = made_up()
    plain = estimated(company).effect
    month = 5 * np.sin(np.arange(PERIODS))
    company = company.with_score(company.panel.score + month[None, :])
    answers = company.panel.answers
    moved = company.with_answers(
        outcome=answers.outcome + month[answers.period] - 3.0,
        predicted=answers.predicted + month[answers.period],
    )
    found = estimated(moved).effect
    assert found.estimate == pytest.approx(plain.estimate, abs=1e-6)
    assert found.std_error == pytest.approx(plain.std_error, rel=1e-6)


def test_a_score_that_is_off_by_the_same_everywhere_is_taken_back():
    """What m adds to the scores' part, the residuals take off: m needs not be right."""
    random = np.random.default_rng(5)
    customers = 300
    company = made_up(customers=customers)
    who, when = np.indices((customers, PERIODS)).reshape(2, -1)
    truth = random.normal(70, 10, (customers, PERIODS))
    found = []
    for score in (np.zeros_like(truth), random.normal(50, 20, truth.shape), truth):
        answers = Answers(who, when, truth.ravel(), score.ravel())
        found.append(estimate_program(Panel(score, answers), company.cohort, settings=SETTINGS))
    estimates = [one.effect.estimate for one in found]
    np.testing.assert_allclose(estimates, estimates[0], atol=1e-9)
    np.testing.assert_allclose([one.effect.std_error for one in found], found[0].effect.std_error)


def test_nobody_is_compared_with_those_who_enrolled_before():
    company = made_up()
    answers = company.panel.answers
    start = company.cohort[answers.customer]
    # All that happens after the window of those who enrolled, and nobody's window holds it.
    is_later = (start != NEVER) & (answers.period >= np.where(start == NEVER, 0, start) + 4)
    moved = company.with_answers(outcome=np.where(is_later, 1e4, answers.outcome))
    assert estimated(moved).effect == estimated(company).effect


def test_never_treated_controls_are_those_who_never_enrol():
    company = made_up()
    never = estimated(company, controls="never")
    assert never.control_customers == (company.cohort == NEVER).sum()
    assert estimated(company, controls="not_yet").control_customers == never.control_customers
    late = replace(company, cohort=np.where(company.cohort == 9, PERIODS - 1, company.cohort))
    assert estimated(late, controls="not_yet").control_customers > (late.cohort == NEVER).sum()


def test_order_of_customers_and_answers_does_not_matter():
    company = made_up()
    random = np.random.default_rng(4)
    order = random.permutation(company.panel.customers)
    number = np.argsort(order)
    answers = company.panel.answers.take(random.permutation(len(company.panel.answers)))
    answers = replace(answers, customer=number[answers.customer])
    panel = Panel(company.panel.score[order], answers)
    history = replace(company.history, constant=company.history.constant[order])
    found = estimate_program(panel, company.cohort[order], history=history, settings=SETTINGS)
    plain = estimated(company)
    assert found.effect.estimate == pytest.approx(plain.effect.estimate, abs=1e-8)
    assert found.effect.std_error == pytest.approx(plain.effect.std_error, abs=1e-8)


# --- what must change it ------------------------------------------------------------------


@pytest.mark.parametrize("points", [3.0, -7.0])
def test_points_added_to_answers_after_the_start_are_the_effect(points):
    company = made_up()
    plain = estimated(company)
    is_after = since_start(company) >= 0
    answers = company.panel.answers
    moved = estimated(company.with_answers(outcome=answers.outcome + points * is_after))
    assert moved.effect.estimate - plain.effect.estimate == pytest.approx(points, abs=1e-9)
    assert moved.score_part.estimate == plain.score_part.estimate
    after = moved.steps.first >= 0
    gained = moved.steps.estimate - plain.steps.estimate
    np.testing.assert_allclose(gained[after], points, atol=1e-9)
    np.testing.assert_allclose(gained[~after], 0, atol=1e-9)


def test_a_feature_that_the_program_moves_is_no_effect():
    """The trap: e-mails raise the score of those who get them, and nobody is happier."""
    company = made_up()
    plain = estimated(company)
    is_after = np.arange(PERIODS)[None, :] >= np.minimum(company.cohort, PERIODS)[:, None]
    answers = company.panel.answers
    fooled = company.with_score(company.panel.score + 8 * is_after)
    fooled = fooled.with_answers(predicted=answers.predicted + 8 * (since_start(company) >= 0))
    found = estimated(fooled)
    assert found.score_part.estimate - plain.score_part.estimate == pytest.approx(8, abs=1e-9)
    assert found.effect.estimate == pytest.approx(plain.effect.estimate, abs=1e-9)


def test_steps_and_cohorts_add_up_to_the_effect():
    found = estimated(made_up(), fewest_answers=0, step=1)
    share = found.cohorts.customers / found.cohorts.customers.sum()
    assert share @ found.cohorts.estimate == pytest.approx(found.effect.estimate, abs=1e-9)
    np.testing.assert_array_equal(found.cohorts.first, [6, 7, 8, 9])
    np.testing.assert_array_equal(found.steps.first, np.arange(-4, 4))


def test_groups_are_told_where_they_have_answers():
    company = made_up()
    sides = company.history.constant[:, 0] > 0
    members = {"all": np.ones(500, dtype=bool), "high": sides, "none": np.arange(500) < 3}
    groups = [grouping(name, is_in) for name, is_in in members.items()]
    found = estimate_program(
        company.panel, company.cohort, history=company.history, settings=SETTINGS, groups=groups
    )
    assert found.groups.estimate[0] == pytest.approx(found.effect.estimate, abs=1e-9)
    assert found.groups.std_error[0] == pytest.approx(found.effect.std_error, abs=1e-9)
    assert found.groups.std_error[1] > found.effect.std_error
    assert np.isnan(found.groups.estimate[2])
    assert found.groups.reason[:2] == (None, None)
    assert "5 are needed" in found.groups.reason[2]
    is_after = since_start(company) >= 0
    is_high = sides[company.panel.answers.customer]
    outcome = company.panel.answers.outcome + 6.0 * (is_after & is_high)
    moved = estimate_program(
        company.with_answers(outcome=outcome).panel,
        company.cohort,
        history=company.history,
        settings=SETTINGS,
        groups=[grouping("high", sides)],
    ).groups
    assert moved.estimate[0] - found.groups.estimate[1] == pytest.approx(6, abs=1e-9)


def test_cohorts_with_few_answers_are_estimated_together():
    company = made_up(answers_each=1.0)
    assert len(estimated(company, step=1, fewest_answers=0).cohorts.first) == 4
    assert len(estimated(company, step=1, fewest_answers=10_000).cohorts.first) == 1
    assert len(estimated(company, step=2, fewest_answers=0).cohorts.first) == 2


# --- the error ----------------------------------------------------------------------------


@pytest.mark.parametrize("is_randomized", [False, True])
@pytest.mark.parametrize("adjusts_answers", [False, True])
def test_influence_values_are_what_a_customer_moves(is_randomized, adjusts_answers, monkeypatch):
    """An influence value is the derivative of the effect by the customer's weight.

    Chances to wait are taken as known.
    """
    company = made_up(customers=300, answers_each=6.0)
    settings = {"is_randomized": is_randomized, "adjusts_answers": adjusts_answers}
    settings |= {"fewest_answers": 40, "largest_propensity": 0.999}
    known = Waiting(company.panel, company.cohort, company.history, replace(SETTINGS, **settings))
    monkeypatch.setattr(of_programs, "Waiting", lambda *_: known)
    found = estimated(company, **settings)
    assert found.effect.std_error == pytest.approx(np.sqrt(np.sum(found.influence**2)))
    assert found.influence.sum() == pytest.approx(0, abs=1e-8)
    for customer in range(0, 300, 61):
        ends = []
        for change in (1e-4, -1e-4):
            weight = np.ones(300)
            weight[customer] += change
            ends.append(estimated(company.weighing(weight), **settings).effect.estimate)
        slope = (ends[0] - ends[1]) / 2e-4
        assert slope == pytest.approx(found.influence[customer], abs=2e-5)


def test_twice_the_customers_have_half_the_variance():
    company = made_up()
    answers, n = company.panel.answers, company.panel.customers
    twice = answers.take(np.tile(np.arange(len(answers)), 2))
    twice.customer[len(answers) :] += n
    double = MadeUp(
        Panel(np.tile(company.panel.score, (2, 1)), twice),
        np.tile(company.cohort, 2),
        replace(company.history, constant=np.tile(company.history.constant, (2, 1))),
    )
    settings = {"fewest_answers": 0}
    one, both = estimated(company, **settings).effect, estimated(double, **settings).effect
    assert both.estimate == pytest.approx(one.estimate, abs=1e-9)
    assert both.std_error == pytest.approx(one.std_error / np.sqrt(2), rel=1e-9)


def test_several_answers_of_one_customer_are_not_independent():
    company = made_up(answers_each=2.0)
    answers = company.panel.answers
    again = answers.take(np.tile(np.arange(len(answers)), 5))
    repeated = replace(company, panel=Panel(company.panel.score, again))
    assert estimated(repeated).effect.std_error == pytest.approx(
        estimated(company).effect.std_error, rel=1e-9
    )


def test_few_answers_widen_the_interval_by_their_inflation():
    company = made_up(answers_each=1.0)
    plain, inflated = estimated(company), estimated(company, inflates=True)
    assert plain.effect.estimate == inflated.effect.estimate
    assert 1.0 < inflated.effect.std_error / plain.effect.std_error < 1.1


def test_chance_needs_no_time_before():
    company = made_up(customers=2000)
    random = np.random.default_rng(8)
    enrols = random.random(2000) < 0.4
    company = replace(company, cohort=np.where(enrols, random.integers(6, 10, 2000), NEVER))
    plain, randomized = (estimated(company, is_randomized=kind) for kind in (False, True))
    assert randomized.effect.std_error < 0.85 * plain.effect.std_error
    assert {c.name: c.status for c in randomized.checks}["balance_before"] == "pass"
    # Where chance did not decide, the arms differ before, and that fails.
    assert {c.name: c.status for c in estimated(made_up(), is_randomized=True).checks}[
        "balance_before"
    ] == "fail"


# --- where nothing can be told ------------------------------------------------------------


def test_too_few_answers_are_told_of():
    found = estimated(made_up(answers_each=0.3), fewest_effective=30)
    assert found.effect.estimate is None
    assert "30 are needed" in found.effect.reason


def test_nobody_enrolled_and_nobody_left():
    company = made_up()
    nobody = estimate_program(company.panel, np.full(500, NEVER), settings=SETTINGS)
    assert nobody.effect.reason == "Nobody enrolled in the time that is looked at."
    everybody = estimate_program(company.panel, np.full(500, 7), settings=SETTINGS)
    assert everybody.effect.reason.startswith("Nobody who enrolled can be compared")
    assert everybody.effect.estimate is None


def test_a_customer_who_is_not_there_before_is_left_out():
    company = made_up()
    score = company.panel.score.copy()
    gone = np.flatnonzero(company.cohort == 6)[:5]
    score[gone, :6] = np.nan
    kept = ~np.isin(company.panel.answers.customer, gone)
    answers = company.panel.answers.take(kept)
    found = estimate_program(
        Panel(score, answers), company.cohort, history=company.history, settings=SETTINGS
    )
    assert found.treated_customers == estimated(company).treated_customers - 5


# --- mistakes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda c: estimate_program(c.panel, c.cohort[:-1]), "shape \\(499,\\)"),
        (lambda c: estimate_program(c.panel, c.cohort * 1.0), "give integers"),
        (lambda c: Panel(c.panel.score[0]), "1 dimensions"),
        (lambda c: Panel(c.panel.score, c.panel.answers, -np.ones(500)), "from 0 on"),
        (lambda c: Panel(c.panel.score[:9], c.panel.answers), "and the panel has 9"),
        (lambda c: c.with_answers(outcome=np.full(3, 1.0)), "one value per answer"),
        (lambda c: c.with_answers(predicted=c.panel.answers.predicted * np.nan), "not a number"),
        (lambda c: PastMean(1, 0), "nothing after the start"),
        (lambda c: ProgramSettings(after=0), "after is 0"),
        (lambda c: ProgramSettings(controls="all"), "'all'"),
        (lambda c: ProgramSettings(confidence=95), "confidence is 95"),
        (
            lambda c: estimate_program(
                c.panel, c.cohort, history=History(constant=np.zeros((3, 1)))
            ),
            "one row per customer",
        ),
        (
            lambda c: estimate_program(
                c.panel, c.cohort, history=History(past=[PastMean(1, 1, np.zeros((3, 3)), "z")])
            ),
            "customers x periods",
        ),
    ],
)
def test_mistakes_are_named(make, says):
    with pytest.raises(ImpactError, match=says):
        make(made_up())


# --- what few answers do not show ---------------------------------------------------------


def test_answers_that_are_all_alike_vary_all_the_same():
    """Of ten satisfied customers the spread is not nothing; of many it is what it shows."""
    one = np.ones(10)
    assert binomial_variance(one, 100 * one, 90 * one) == pytest.approx(
        100**2 / 10 * (12 / 14) * (2 / 14)
    )
    # Predictions that tell customers apart leave less to chance.
    told = binomial_variance(one, 100 * one, np.repeat([80.0, 100.0], 5))
    assert told == pytest.approx(100**2 / 10 * (12 / 14) * (2 / 14) * (0.08 / 0.09))
    many = np.ones(100_000)
    outcome = np.repeat([100.0, 0.0], 50_000)
    assert binomial_variance(many, outcome, 50 * many) == pytest.approx(outcome.var() / 100_000)
    assert binomial_variance(one[:0], one[:0], one[:0]) == 0


def test_weeks_and_null_programs_are_told_of_no_more_often_than_chance():
    """Where nearly all are satisfied, few answers of a side may all be alike."""
    settings = replace(SETTINGS, is_randomized=True, told_every=1, fewest_effective=20)
    settings = replace(settings, fewest_in_step=8, inflates=True)
    weeks, programs = [], []
    for seed in range(60):
        random = np.random.default_rng([7, seed])
        company = made_up(seed, customers=250, answers_each=4.0)
        answers = company.panel.answers
        satisfied = 100.0 * (random.random(len(answers)) < 0.95)
        company = company.with_answers(
            outcome=satisfied, predicted=np.full(len(answers), 95.0), weight=np.ones(len(answers))
        )
        cohort = company.cohort[random.permutation(len(company.cohort))]
        found = estimate_program(company.panel, cohort, settings=settings)
        steps = found.steps
        is_told = np.isfinite(steps.estimate)
        excludes = (steps.conf_low > 0) | (steps.conf_high < 0)
        weeks += excludes[is_told].tolist()
        if found.effect.estimate is not None:
            programs.append(found.effect.conf_low > 0 or found.effect.conf_high < 0)
    assert len(weeks) > 200
    assert len(programs) > 40
    assert np.mean(weeks) < 0.08
    assert np.mean(programs) < 0.12


def test_steps_with_few_answers_are_not_told():
    company = made_up(answers_each=0.5)
    found = estimated(company, fewest_in_step=8, told_every=1).steps
    few = np.array([count < 8 for count in found.n])
    assert few.any()
    assert np.isnan(found.estimate[few]).all()


def test_without_the_program_the_enrolled_are_where_they_are_less_the_effect():
    """Levels of the arms differ before the start, and that is no effect."""
    company = made_up(customers=3_000, answers_each=6.0, effect=10.0)
    answers = company.panel.answers
    enrols = company.cohort[answers.customer] != NEVER
    is_after = since_start(company) >= 0
    found = estimated(company, fewest_answers=20)
    level = np.average(
        answers.outcome[enrols & is_after], weights=answers.weight[enrols & is_after]
    )
    assert found.without_program == pytest.approx(level - found.effect.estimate, abs=2.0)


def test_cohorts_need_as_many_answers_as_programs():
    company = made_up(answers_each=2.0)
    found = estimated(company, step=1, fewest_answers=0, fewest_effective=40).cohorts
    assert len(found.first) == 4
    assert np.isnan(found.estimate).all()
    assert all("40 are needed" in reason for reason in found.reason)
