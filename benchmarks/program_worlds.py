"""Companies with one program each, whose effect is known: what ``programs.py`` judges methods by.

Customers differ in what is recorded (x, part of the trouble that they meet, how engaged they are)
and in what is not (a trait that stays). The score is a logistic model of what is recorded, learned
from the answers of the first 26 weeks; programs enrol in weeks 40 to 56 of 80.

    logit p = 0.8 + trait + 0.4 x - trouble + 0.3 affinity + drift + effect of the program

The estimators know nothing of it: no setting was chosen by what it gave here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csat.impact import NEVER, Answers, History, Panel, PastMean
from csat.model.logistic import fit_logistic, sigmoid

WEEKS, LEARNED_WEEKS = 80, 26
ENROL_FROM, ENROL_TO = 40, 57
AFTER = 16
#: Points that a logit is worth on average here.
POINTS_PER_LOGIT = 19.0
TRAIT_SD = 0.6
ANSWERS_A_WEEK = 0.007


@dataclass(frozen=True)
class World:
    """Who enrols, and what comes of it.

    Parameters
    ----------
    name
        Of the world.
    points
        True effect, fully there after some weeks.
    weekly
        Logit of enrolling in a week.
    trait, trouble, affinity
        What moves that logit, per unit.
    moves_engagement
        By how much the program raises the recorded engagement.
    drift
        Logit per week by which everyone grows more satisfied from week 26 on, unseen by the score.
    """

    name: str
    points: float
    weekly: float
    trait: float = 0.0
    trouble: float = 0.0
    affinity: float = 0.0
    moves_engagement: float = 0.0
    drift: float = 0.0


WORLDS = (
    World("A: helps, self-selected", 5.4, -4.8, trait=1.2, affinity=0.5),
    World("B: helps, aimed at people in trouble", 6.5, -5.0, trouble=1.5),
    World("C: moves a feature, no effect", 0.0, -4.5, affinity=0.4, moves_engagement=1.0),
    World("D: no effect, strong selection", 0.0, -5.1, trait=2.0, affinity=0.5),
    World("E: harms", -6.0, -4.4, affinity=-0.3),
    World("F: no effect, everyone more satisfied", 0.0, -4.6, affinity=0.4, drift=0.01),
)


@dataclass(frozen=True, eq=False)
class Company:
    """A drawn company; arrays customers x weeks unless said otherwise.

    Parameters
    ----------
    panel, cohort, history
        As the estimator takes them.
    truth
        (customers,) mean true effect of the weeks after enrolling, in points; NaN where never.
    features
        (customers, weeks, columns) what the score knows.
    customer, week, satisfied
        (answers,).
    """

    panel: Panel
    cohort: np.ndarray
    history: History
    truth: np.ndarray
    features: np.ndarray
    customer: np.ndarray
    week: np.ndarray
    satisfied: np.ndarray

    @property
    def true_effect(self) -> float:
        """Mean over those who enrolled."""
        return float(np.nanmean(self.truth))

    @property
    def weeks_since(self) -> np.ndarray:
        """(answers,) weeks from enrolling to the answer; below 0 before, NaN where never."""
        start = self.cohort[self.customer]
        return np.where(start == NEVER, np.nan, self.week - np.where(start == NEVER, 0, start))


def draw(world: World, seed: int, customers: int = 60_000) -> Company:
    """Draw a company."""
    random = np.random.default_rng([seed, WORLDS.index(world)])
    trait = random.normal(0, TRAIT_SD, customers)
    x, affinity = random.normal(size=(2, customers))
    trouble, seen = _trouble(random, customers)
    cohort = _enrolment(world, random, trait, trouble, affinity)
    since = np.arange(WEEKS)[None, :] - np.where(cohort == NEVER, WEEKS, cohort)[:, None]
    own = random.normal(1, 0.4, customers) * world.points / POINTS_PER_LOGIT
    effect = np.where(since >= 0, (1 - np.exp(-(since + 1) / 1.5)) * own[:, None], 0.0)
    without = (0.8 + trait + 0.4 * x + 0.3 * affinity)[:, None] - trouble
    without += world.drift * np.maximum(np.arange(WEEKS) - LEARNED_WEEKS, 0)
    with_program, points = sigmoid(without + effect), 100 * (sigmoid(without + effect))
    points -= 100 * sigmoid(without)
    engagement = affinity[:, None] + random.normal(0, 0.7, (customers, WEEKS))
    engagement += world.moves_engagement * (since >= 0)
    features = np.stack([np.broadcast_to(x[:, None], trouble.shape), seen, engagement], axis=2)

    readiness = ANSWERS_A_WEEK * np.exp(
        0.2 * affinity[:, None] + 0.15 * np.minimum(seen, 3) + 0.1 * trait[:, None]
    )
    customer, week = np.nonzero(random.random((customers, WEEKS)) < readiness)
    satisfied = (random.random(len(customer)) < with_program[customer, week]).astype(float)
    score = learned_score(features, customer, week, satisfied, week < LEARNED_WEEKS)
    answers = Answers(customer, week, 100 * satisfied, score[customer, week])
    is_after = (since >= 0) & (since < AFTER)
    with np.errstate(invalid="ignore"):
        truth = np.where(is_after, points, 0.0).sum(axis=1) / is_after.sum(axis=1)
    return Company(
        Panel(score, answers),
        cohort,
        History(
            past=[
                PastMean(1, 1),
                PastMean(4, 2),
                PastMean(12, 5),
                PastMean(2, 1, seen, "trouble recorded"),
                PastMean(8, 3, seen, "trouble recorded"),
                PastMean(8, 1, engagement, "engagement"),
            ],
            constant=x[:, None],
            names=["x"],
        ),
        np.where(cohort == NEVER, np.nan, truth),
        features,
        customer,
        week,
        satisfied,
    )


def learned_score(
    features: np.ndarray,
    customer: np.ndarray,
    week: np.ndarray,
    satisfied: np.ndarray,
    is_learned: np.ndarray,
) -> np.ndarray:
    """Return (customers, weeks) 100 x the probability by a logistic model of some answers."""
    rows = features[customer[is_learned], week[is_learned]]
    design = np.column_stack([np.ones(len(rows)), rows])
    penalty = np.array([0.0, *[1.0] * rows.shape[1]])
    fit = fit_logistic(design, satisfied[is_learned], np.ones(len(rows)), penalty)
    return 100 * sigmoid(fit[0] + features @ fit[1:])


def _trouble(random: np.random.Generator, customers: int) -> tuple[np.ndarray, np.ndarray]:
    """Return trouble, fading by a fifth a week, and the two thirds of it that are recorded."""
    new = random.exponential(0.8, (customers, WEEKS)) * (random.random((customers, WEEKS)) < 0.06)
    recorded = new * (random.random((customers, WEEKS)) < 0.67)
    levels = []
    for amount in (new, recorded):
        level = np.zeros((customers, WEEKS))
        state = np.full(customers, amount.mean() / 0.2)
        for week in range(WEEKS):
            state = 0.8 * state + amount[:, week]
            level[:, week] = state
        levels.append(level)
    return levels[0], levels[1]


def _enrolment(
    world: World,
    random: np.random.Generator,
    trait: np.ndarray,
    trouble: np.ndarray,
    affinity: np.ndarray,
) -> np.ndarray:
    cohort = np.full(len(trait), NEVER)
    for week in range(ENROL_FROM, ENROL_TO):
        logit = world.weekly + world.trait * trait + world.affinity * affinity
        logit = logit + world.trouble * trouble[:, week - 1]
        enrols = (cohort == NEVER) & (random.random(len(trait)) < sigmoid(logit))
        cohort[enrols] = week
    return cohort
