"""Those who do not enrol until the windows end stand for those who would have waited."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_up_programs import SETTINGS, made_up
from scipy.signal import lfilter

from csat.impact import NEVER, History, Panel, PastMean, estimate_program
from csat.impact import programs as of_programs
from csat.impact import waiting as of_waiting
from csat.impact.cohorts import Rows
from csat.impact.waiting import Waiting
from csat.model.logistic import sigmoid

PERIODS, CUSTOMERS = 40, 20_000
#: Two windows of eight periods, as long as trouble lasts.
LONG = replace(SETTINGS, before=8, after=8, step=4)


def troubled(weekly: float, slope: float) -> tuple[Panel, np.ndarray, History]:
    """Draw customers whom trouble, which comes and fades, makes less satisfied, and enrol.

    The score is satisfaction itself, the program does nothing, and all trouble is recorded.
    """
    random = np.random.default_rng(11)
    new = random.exponential(1.0, (CUSTOMERS, PERIODS))
    new *= random.random((CUSTOMERS, PERIODS)) < 0.1
    trouble = lfilter([1.0], [1.0, -0.7], new, axis=1)
    cohort = np.full(CUSTOMERS, NEVER)
    for period in range(16, 30):
        enrols = random.random(CUSTOMERS) < sigmoid(weekly + slope * trouble[:, period - 1])
        cohort[enrols & (cohort == NEVER)] = period
    history = History(past=[PastMean(1, 1, trouble, "trouble"), PastMean(4, 2, trouble, "trouble")])
    return Panel(80.0 - 10.0 * trouble), cohort, history


@pytest.fixture(scope="module")
def company() -> tuple[Panel, np.ndarray, History]:
    return troubled(-4.0, 0.8)


def score_part(company: tuple[Panel, np.ndarray, History]) -> float:
    panel, cohort, history = company
    return estimate_program(panel, cohort, history=history, settings=LONG).score_part.estimate


def test_a_program_for_people_in_trouble_does_not_look_worse_than_it_is(company, monkeypatch):
    assert score_part(company) == pytest.approx(0.0, abs=0.15)
    # Those who did not enrol for eight periods were in less trouble than they would have been.
    monkeypatch.setattr(Waiting, "weighted", lambda _, rows, __: rows)
    assert score_part(company) < -0.25


def test_weights_are_one_over_the_chance_to_wait(company):
    """Of controls of a start, those who waited stand for all who could have."""
    panel, cohort, history = company
    waiting = Waiting(panel, cohort, history, LONG)
    for start in (16, 20):
        end = start + LONG.after
        at_start = np.flatnonzero(cohort > start)
        waited = cohort[at_start] >= end
        rows = Rows(
            at_start[waited],
            np.full(waited.sum(), start),
            np.zeros(waited.sum(), dtype=bool),
            np.ones(waited.sum()),
        )
        weight = waiting.weighted(rows, np.full(len(rows), end)).weight
        assert (weight >= 1).all()
        assert weight.sum() == pytest.approx(len(at_start), rel=0.03)
        # And so they have the score of all, which they have not as they are.
        score = panel.score[:, end - 4 : end].mean(axis=1)
        everyone = score[at_start].mean()
        assert np.average(score[rows.customer], weights=weight) == pytest.approx(everyone, abs=0.15)
        assert score[rows.customer].mean() > everyone + 0.35


def test_nobody_weighs_more_where_nothing_makes_people_enrol():
    panel, cohort, history = troubled(-4.0, 0.0)
    waiting = Waiting(panel, cohort, history, LONG)
    customer = np.flatnonzero(cohort >= 24)
    rows = Rows(
        customer,
        np.full(len(customer), 16),
        np.zeros(len(customer), dtype=bool),
        np.ones(len(customer)),
    )
    weight = waiting.weighted(rows, np.full(len(customer), 24)).weight
    assert np.std(weight) / np.mean(weight) < 0.02


def test_weights_are_bounded_and_the_enrolled_weigh_what_they_did():
    drawn = made_up()
    waiting = Waiting(drawn.panel, drawn.cohort, drawn.history, SETTINGS)
    customer = np.arange(drawn.panel.customers)
    is_treated = drawn.cohort == 6
    rows = Rows(customer, np.full(len(customer), 6), is_treated, np.full(len(customer), 2.0))
    weight = waiting.weighted(rows, np.full(len(customer), NEVER)).weight
    assert (weight[is_treated] == 2.0).all()
    assert (weight <= 2.0 / (1 - SETTINGS.largest_propensity) + 1e-9).all()
    assert (weight[drawn.cohort == NEVER] > 2.0).all()


def test_nothing_happens_where_nobody_enrols_after_the_start():
    drawn = made_up()
    cohort = np.where(drawn.cohort == NEVER, NEVER, 6)
    waiting = Waiting(drawn.panel, cohort, drawn.history, SETTINGS)
    customer = np.flatnonzero(cohort == NEVER)
    rows = Rows(
        customer,
        np.full(len(customer), 6),
        np.zeros(len(customer), dtype=bool),
        np.ones(len(customer)),
    )
    assert (waiting.weighted(rows, np.full(len(customer), 10)).weight == 1).all()


def test_waiting_is_looked_at_only_where_something_changes(monkeypatch):
    """Fixed attributes and chance leave out nobody by what happens later."""
    drawn = made_up()

    def refuse(*_):
        raise AssertionError("asked for")

    monkeypatch.setattr(of_programs, "Waiting", refuse)
    constant = History(constant=drawn.history.constant)
    estimate_program(drawn.panel, drawn.cohort, history=constant, settings=SETTINGS)
    by_chance = replace(SETTINGS, is_randomized=True)
    estimate_program(drawn.panel, drawn.cohort, history=drawn.history, settings=by_chance)


def test_customers_who_have_left_do_not_wait(company):
    """Whoever has left cannot enrol, however troubled they were."""
    panel, cohort, history = company
    score = panel.score.copy()
    leaver = np.flatnonzero(cohort == NEVER)[:200]
    score[leaver, 18:] = np.nan
    waiting = Waiting(Panel(score), cohort, history, LONG)
    rows = Rows(leaver, np.full(200, 17), np.zeros(200, dtype=bool), np.ones(200))
    assert (waiting.weighted(rows, np.full(200, 25)).weight == 1).all()


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_who_waited_though_enrolling_looked_certain_has_a_weight(monkeypatch):
    """Where all of a few enrol at once, their hazard is 1 as far as numbers go."""
    company = made_up(customers=60)
    monkeypatch.setattr(
        of_waiting, "fit_propensity", lambda design, *_: np.full(design.shape[1], 60.0)
    )
    waiting = Waiting(company.panel, company.cohort, company.history, SETTINGS)
    controls = np.flatnonzero(company.cohort == NEVER)
    start = np.full(len(controls), 6)
    rows = Rows(controls, start, np.zeros(len(controls), dtype=bool), np.ones(len(controls)))
    weight = waiting.weighted(rows, start + 4).weight
    assert np.isfinite(weight).all()
    assert weight.max() == pytest.approx(1 / (1 - SETTINGS.largest_propensity))
    found = estimate_program(
        company.panel, company.cohort, history=company.history, settings=SETTINGS
    )
    assert np.isfinite(found.score_part.estimate)
