"""Companies with one program each, whose effect is known: what ``programs.py`` judges methods by.

Customers differ in what is recorded (x, part of the trouble that they meet, how engaged they are)
and in what is not (a trait that stays). The score is a logistic model of what is recorded, learned
from the answers of the first 26 weeks; programs enrol in weeks 40 to 56 of 80.

    logit p = 0.8 + trait + 0.4 x - trouble + 0.3 affinity + drift + effect of the program

The estimators know nothing of it: no setting was chosen by what it gave here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from csat.impact import NEVER, Answers, History, Panel, PastMean, past_means
from csat.model.logistic import fit_logistic, sigmoid

WEEKS, LEARNED_WEEKS = 80, 26
ENROL_FROM, ENROL_TO = 40, 57
AFTER = 16
#: Points that a logit is worth on average here.
POINTS_PER_LOGIT = 19.0
TRAIT_SD = 0.6
ANSWERS_A_WEEK = 0.007
#: Customers at a time whose scores are computed, so that they stay in the cache.
AT_A_TIME = 1_000


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
        What moves that logit, per unit; trouble as far as it is recorded.
    unrecorded
        The same of the trouble that is not recorded.
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
    unrecorded: float = 0.0
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
    World("G: helps, sought in trouble of any kind", 6.5, -5.0, trouble=1.5, unrecorded=1.5),
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
        What the score knows, each customers x weeks.
    customer, week, satisfied
        (answers,).
    """

    panel: Panel
    cohort: np.ndarray
    history: History
    truth: np.ndarray
    features: tuple[np.ndarray, ...]
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
    cohort = _enrolment(world, random, trait, seen, trouble - seen, affinity)
    own = random.normal(1, 0.4, customers) * world.points / POINTS_PER_LOGIT

    def logits(who: np.ndarray, week: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the logits of being satisfied without the program and with it."""
        without = (0.8 + trait + 0.4 * x + 0.3 * affinity)[who] - trouble[who, week]
        without += world.drift * np.maximum(week - LEARNED_WEEKS, 0)
        since = week - np.where(cohort == NEVER, WEEKS, cohort)[who]
        effect = np.where(since >= 0, (1 - np.exp(-(since + 1) / 1.5)) * own[who], 0.0)
        return without, without + effect

    engagement = random.normal(0, 0.7, (customers, WEEKS))
    engagement += affinity[:, None]
    enrolled = np.flatnonzero(cohort != NEVER)
    if world.moves_engagement:
        is_moved = np.arange(WEEKS) >= cohort[enrolled][:, None]
        engagement[enrolled] += world.moves_engagement * is_moved
    features = np.broadcast_to(x[:, None], seen.shape), seen, engagement

    customer, week = _answering(random, affinity, seen, trait)
    chance = sigmoid(logits(customer, week)[1])
    satisfied = (random.random(len(customer)) < chance).astype(float)
    score = learned_score(features, customer, week, satisfied, week < LEARNED_WEEKS)
    answers = Answers(customer, week, 100 * satisfied, score[customer, week])
    weeks_after = cohort[enrolled][:, None] + np.arange(AFTER)
    without, with_program = logits(enrolled[:, None], np.minimum(weeks_after, WEEKS - 1))
    points = 100 * (sigmoid(with_program) - sigmoid(without))
    truth = np.full(customers, np.nan)
    truth[enrolled] = np.average(points, axis=1, weights=weeks_after < WEEKS)
    return Company(
        Panel(score, answers),
        cohort,
        History(
            past=[
                *past_means(),
                *past_means(seen, "trouble recorded"),
                PastMean(8, 1, engagement, "engagement"),
            ],
            constant=x[:, None],
            names=["x"],
        ),
        truth,
        features,
        customer,
        week,
        satisfied,
    )


def learned_score(
    features: Sequence[np.ndarray],
    customer: np.ndarray,
    week: np.ndarray,
    satisfied: np.ndarray,
    is_learned: np.ndarray,
) -> np.ndarray:
    """Return (customers, weeks) 100 x the probability by a logistic model of some answers."""
    places = customer[is_learned], week[is_learned]
    design = np.column_stack([np.ones(is_learned.sum()), *(values[places] for values in features)])
    penalty = np.array([0.0, *[1.0] * len(features)])
    fit = fit_logistic(design, satisfied[is_learned], np.ones(len(design)), penalty)
    score = np.empty(features[0].shape)
    for first in range(0, len(score), AT_A_TIME):
        rows = slice(first, first + AT_A_TIME)
        parts = (slope * values[rows] for slope, values in zip(fit[1:], features, strict=True))
        score[rows] = 100 * sigmoid(sum(parts, start=fit[0]))
    return score


def _answering(
    random: np.random.Generator, affinity: np.ndarray, seen: np.ndarray, trait: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the customers and weeks of answers: the engaged and troubled answer more readily."""

    def readiness(affinity: np.ndarray, seen: np.ndarray, trait: np.ndarray) -> np.ndarray:
        return ANSWERS_A_WEEK * np.exp(0.2 * affinity + 0.15 * np.minimum(seen, 3) + 0.1 * trait)

    chance = random.random(seen.shape)
    # Nobody answers whose lot is above the readiness of the readiest: most need no closer look.
    customer, week = np.nonzero(chance < readiness(affinity.max(), seen.max(), trait.max()))
    own = readiness(affinity[customer], seen[customer, week], trait[customer])
    answers = chance[customer, week] < own
    return customer[answers], week[answers]


def _trouble(random: np.random.Generator, customers: int) -> tuple[np.ndarray, np.ndarray]:
    """Return trouble, fading by a fifth a week, and the two thirds of it that are recorded."""
    new = random.exponential(0.8, (customers, WEEKS))
    new *= random.random((customers, WEEKS)) < 0.06
    recorded = new * (random.random((customers, WEEKS)) < 0.67)

    def level(amount: np.ndarray) -> np.ndarray:
        """Return 0.8 of the level of the week before and what is new, from the usual level on."""
        usual = np.full((customers, 1), 0.8 * amount.mean() / 0.2)
        return lfilter([1.0], [1.0, -0.8], amount, axis=1, zi=usual)[0]

    return level(new), level(recorded)


def _enrolment(
    world: World,
    random: np.random.Generator,
    trait: np.ndarray,
    recorded: np.ndarray,
    unrecorded: np.ndarray,
    affinity: np.ndarray,
) -> np.ndarray:
    cohort = np.full(len(trait), NEVER)
    for week in range(ENROL_FROM, ENROL_TO):
        logit = world.weekly + world.trait * trait + world.affinity * affinity
        logit = logit + world.trouble * recorded[:, week - 1]
        logit = logit + world.unrecorded * unrecorded[:, week - 1]
        enrols = (cohort == NEVER) & (random.random(len(trait)) < sigmoid(logit))
        cohort[enrols] = week
    return cohort
