"""Companies that answer surveys, with their truth known: drawn, learned from, estimated.

Two kinds: a wave of surveys in a truth that stands still (``draw_wave``), and two years of surveys
in a truth that moves (``draw_course``). In both who answers depends on what customers are like, and
the working model and the weights are learned from the answers, as the project does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from csat.estimation import (
    AnswerSums,
    LearnedAnswers,
    LevelEstimates,
    SurveyEstimates,
    estimate_base,
    estimate_segments,
    own_answers_shift,
    repeat_answers,
    sum_answers,
    survey_estimates,
)
from csat.model import FeatureDefinition, contrasts, response_weights
from csat.model.logistic import fit_logistic, sigmoid

#: Points per unit of logit where 68 % are satisfied.
POINTS_PER_LOGIT = 21.8

# --- a wave of surveys --------------------------------------------------------------------

CUSTOMERS, ANSWERS, SEGMENTS, FOLDS, BAGS = 20_000, 1_400, 60, 5, 4
FEATURES = tuple(FeatureDefinition(f"feature_{number}") for number in range(5))


@dataclass(frozen=True)
class World:
    """How truth is drawn.

    Parameters
    ----------
    name
        In the tables.
    logit
        Of being satisfied, from (customers, 5) features.
    seen
        Features that the working model has.
    segment_sd
        Standard deviation, in points, of what sets segments apart beyond their customers.
    is_heavy_tailed
        Whether features and segments have heavy tails.
    days
        Over which the answers are spread.
    response
        How strongly the response depends on the features.
    knows_segments
        Whether the segment is a feature of the working model, so that the score learns of each
        what answers show of it.
    """

    name: str
    logit: Callable[[np.ndarray], np.ndarray]
    seen: tuple[int, ...] = (0, 1, 2, 3)
    segment_sd: float = 0.0
    is_heavy_tailed: bool = False
    days: int = 14
    response: float = 1.0
    knows_segments: bool = False


def _line(x: np.ndarray) -> np.ndarray:
    return 0.7 + 0.45 * x[:, 0] - 0.3 * x[:, 1] + 0.3 * x[:, 3]


def _steps(x: np.ndarray) -> np.ndarray:
    trouble = (x[:, 1] > 1) & (x[:, 3] > 0)
    return 0.9 + 0.7 * (x[:, 0] > 0.5) - 0.8 * trouble - 0.35 * np.minimum(x[:, 4], 3)


def _bends(x: np.ndarray) -> np.ndarray:
    return 0.85 + 0.6 * np.tanh(x[:, 0]) - 0.3 * np.tanh(x[:, 1]) - 0.08 * np.abs(x[:, 2])


def _one_feature(x: np.ndarray) -> np.ndarray:
    return 0.85 + 0.4 * x[:, 0]


WORLDS = (
    World("line, no segment effects", _line, response=0.85),
    World("steps, segments 3 points apart", _steps, segment_sd=3, response=1.35),
    World("bends, heavy tails, segments 3", _bends, segment_sd=3, is_heavy_tailed=True),
    World("weak model, segments 4", _one_feature, seen=(0, 4), segment_sd=4, response=1.1),
)
FAR_APART = World("segments 7 points apart", _steps, segment_sd=7, response=1.35)
THIN = World("steps, segments 3, over 90 days", _steps, segment_sd=3, days=90, response=1.35)
KNOWN = World(
    "segments 7, features of the score", _steps, segment_sd=7, response=1.35, knows_segments=True
)


@dataclass(frozen=True, eq=False)
class Wave:
    """Customers with their truth, and the answers of some of them."""

    x: np.ndarray
    segment: np.ndarray
    truth: np.ndarray
    who: np.ndarray
    satisfied: np.ndarray
    age_days: np.ndarray
    is_gold: np.ndarray


def draw_wave(world: World, seed: int, gamma: float = 0.0, gold: int = 0) -> Wave:
    """Draw a company and its answers; odds of answering exp(gamma) as high for the satisfied."""
    random = np.random.default_rng([seed, *world.name.encode()])
    size = np.exp(random.normal(0, 1.1, SEGMENTS))
    segment = random.choice(SEGMENTS, CUSTOMERS, p=size / size.sum())
    x = random.normal(0, 1, (CUSTOMERS, len(FEATURES)))
    if world.is_heavy_tailed:
        x[:, 1:3] = random.standard_t(3, (CUSTOMERS, 2))
    x[:, 3] = random.random(CUSTOMERS) < 0.3
    x[:, 4] = random.poisson(1, CUSTOMERS)
    # Segments differ in what their customers are like, too.
    x[:, 0] += random.normal(0, 0.4, SEGMENTS)[segment]
    apart = random.normal(0, 1, SEGMENTS)
    if world.is_heavy_tailed:
        apart = random.standard_t(3, SEGMENTS) / np.sqrt(3)
    own = random.normal(0, 0.5, CUSTOMERS)
    truth = sigmoid(world.logit(x) + world.segment_sd / POINTS_PER_LOGIT * apart[segment] + own)
    answer = random.random(CUSTOMERS) < truth
    readiness = world.response * (0.3 * np.tanh(x[:, 0]) - 0.12 * np.tanh(x[:, 1]) + 0.2 * x[:, 3])
    rate = np.exp(readiness + gamma * answer)
    who = np.repeat(np.arange(CUSTOMERS), random.poisson(ANSWERS * rate / rate.sum()))
    satisfied = answer[who]
    if gamma == 0:
        # Who answers twice may have changed their mind.
        satisfied = random.random(len(who)) < truth[who]
    pressed = random.choice(CUSTOMERS, gold, replace=False)
    who = np.concatenate([who, pressed])
    return Wave(
        x=x,
        segment=segment,
        truth=truth,
        who=who,
        satisfied=np.concatenate([satisfied, answer[pressed]]).astype(np.float64),
        age_days=random.integers(0, world.days, len(who)),
        is_gold=np.arange(len(who)) >= len(who) - gold,
    )


def _table(x: np.ndarray) -> pa.Table:
    return pa.table({feature.name: x[:, j] for j, feature in enumerate(FEATURES)})


@dataclass(frozen=True, eq=False)
class Learned:
    """What was learned from the answers of a wave.

    Parameters
    ----------
    weight, probability, bag
        Of each answer: response weight, out-of-fold prediction, and the bag that lacks it.
    bag_scores
        (customers, bags): of models that each lack a part of the customers.
    """

    weight: np.ndarray
    probability: np.ndarray
    bag: np.ndarray
    bag_scores: np.ndarray

    @property
    def score(self) -> np.ndarray:
        """Of each customer."""
        return self.bag_scores.mean(axis=1)

    def of_segments(self, wave: Wave, segment: np.ndarray, segments: int) -> LearnedAnswers:
        """Return what was learned from the answers of each segment; ``segment`` of everyone."""
        of_answers = segment[wave.who]

        def summed(values: np.ndarray) -> np.ndarray:
            return np.bincount(of_answers, values, minlength=segments)

        own = [self.weight * (self.bag == part) for part in range(BAGS)]
        customers = np.bincount(segment, minlength=segments)
        means = [
            np.bincount(segment, scores, minlength=segments) / np.maximum(customers, 1)
            for scores in self.bag_scores.T
        ]
        return LearnedAnswers(
            answers=summed(np.ones(len(wave.who))),
            weight=summed(self.weight),
            weighted_residual=summed(self.weight * (wave.satisfied - self.probability)),
            part_weight=np.column_stack([summed(weight) for weight in own]),
            part_satisfied_weight=np.column_stack(
                [summed(weight * wave.satisfied) for weight in own]
            ),
            score_contrasts=np.column_stack(means) @ contrasts(BAGS).T,
        )

    def shift(self, wave: Wave) -> np.ndarray:
        """Return by how much the segments' mean scores follow their own answers, in points."""
        (found,) = own_answers_shift(
            [self.of_segments(wave, wave.segment, SEGMENTS)],
            self.of_segments(wave, np.zeros(CUSTOMERS, dtype=int), 1),
            contrasts(BAGS),
            folds=FOLDS,
        )
        return found


def learn(wave: Wave, world: World) -> Learned:
    """Learn weights and a score from the answers.

    Weights are those of the project; the model is a plain logistic one, folds and bags by customer.
    Gold answers weigh alike and are not learned from.
    """
    random = np.random.default_rng(len(wave.who))
    ordinary = ~wave.is_gold
    weight = np.ones(len(wave.who))
    sample = random.choice(CUSTOMERS, 5_000, replace=False)
    weight[ordinary] = response_weights(
        _table(wave.x[wave.who[ordinary]]), _table(wave.x[sample]), FEATURES
    ).weights
    known = [np.ones(CUSTOMERS), wave.x[:, list(world.seen)]]
    if world.knows_segments:
        known.append(np.eye(SEGMENTS)[wave.segment])
    design = np.column_stack(known)
    penalty = np.r_[0.0, np.full(design.shape[1] - 1, 3.0)]
    fold = random.integers(0, FOLDS, CUSTOMERS)
    bag = random.integers(0, BAGS, CUSTOMERS)

    def bagged(rows: np.ndarray, of_whom: np.ndarray) -> np.ndarray:
        """Return (customers, bags) scores by models that have learned from these answers."""
        found = []
        for part in range(BAGS):
            kept = rows & (bag[wave.who] != part)
            of_rows = wave.who[kept]
            beta = fit_logistic(design[of_rows], wave.satisfied[kept], weight[kept], penalty)
            found.append(sigmoid(design[of_whom] @ beta))
        return np.column_stack(found)

    probability = np.empty(len(wave.who))
    for part in range(FOLDS):
        held = fold[wave.who] == part
        probability[held] = bagged(ordinary & ~held, wave.who[held]).mean(axis=1)
    return Learned(
        weight=weight,
        probability=probability,
        bag=bag[wave.who],
        bag_scores=bagged(ordinary, np.arange(CUSTOMERS)),
    )


@dataclass(frozen=True, eq=False)
class Estimated:
    """One replication: estimates beside the truth, in points.

    ``left_in``: as ``found``, with what a score that knows segments has learned from their own
    answers left in the residuals; of other scores the same as ``found``.
    """

    sums: AnswerSums
    truth: np.ndarray
    base_truth: float
    found: LevelEstimates
    left_in: LevelEstimates
    base: LevelEstimates
    survey: SurveyEstimates
    base_survey: SurveyEstimates
    raw: SurveyEstimates
    mean_score: np.ndarray


def estimate_wave(wave: Wave, world: World) -> Estimated:
    """Learn from the answers, and estimate the base and all segments."""
    learned = learn(wave, world)
    weight, probability, score = learned.weight, learned.probability, learned.score
    sums = sum_answers(
        segment=wave.segment[wave.who],
        age_days=wave.age_days,
        satisfied=wave.satisfied,
        probability=probability,
        weight=weight,
        is_gold=wave.is_gold,
    )
    plain = ~wave.is_gold
    repeats = repeat_answers(
        wave.who[plain], wave.satisfied[plain], probability[plain], weight[plain]
    )
    customers = np.bincount(wave.segment, minlength=SEGMENTS)
    of_segment = 100 / np.maximum(customers, 1)
    mean_score = of_segment * np.bincount(wave.segment, score, minlength=SEGMENTS)
    base = estimate_base(sums, CUSTOMERS, 100 * score.mean(), repeats=repeats)
    given = (sums, customers, mean_score)
    found = estimate_segments(*given, repeats=repeats, base=base, score_shift=learned.shift(wave))
    return Estimated(
        sums=sums,
        truth=of_segment * np.bincount(wave.segment, wave.truth, minlength=SEGMENTS),
        base_truth=100 * float(wave.truth.mean()),
        found=found,
        left_in=(
            estimate_segments(*given, repeats=repeats, base=base) if world.knows_segments else found
        ),
        base=base,
        survey=survey_estimates(sums, SEGMENTS),
        base_survey=survey_estimates(sums.total(), 1),
        raw=survey_estimates(sums.total(), 1, is_weighted=False),
        mean_score=mean_score,
    )


# --- day by day ---------------------------------------------------------------------------

DAYS, REGIONS, RESIDENTS, ANSWERS_A_DAY = 810, 8, 10_000, 16


@dataclass(frozen=True)
class Weather:
    """How the truth moves, in points; half of the shocks are seen by the score, half are not.

    Parameters
    ----------
    name
        In the tables.
    level_sd
        Daily step of the unseen level.
    region_sd, region_memory
        Standard deviation of regions beyond the score, and days over which they change; for good
        where infinite.
    shocks, shock_size
        Shocks of everyone in a year, and their mean size; each region has a third as many.
    """

    name: str
    level_sd: float
    region_sd: float
    region_memory: float
    shocks: float = 0.0
    shock_size: float = 0.0


WEATHERS = (
    Weather("calm: level 0.05 a day", 0.05, 2.0, np.inf),
    Weather("moving: level 0.15 a day, shocks of 4 points", 0.15, 2.0, 150.0, 3.0, 4.0),
    Weather("shocks of 7 points", 0.05, 2.0, np.inf, 6.0, 7.0),
    Weather("fast: level 0.4 a day, shocks of 5 points", 0.4, 3.0, 60.0, 3.0, 5.0),
)


def _wander(random: np.random.Generator, sd: float, memory: float, rows: int = 1) -> np.ndarray:
    """Return (rows, days) of walks that are pulled back to 0 over ``memory`` days."""
    steps = random.normal(0, sd, (rows, DAYS))
    path = np.zeros((rows, DAYS))
    for day in range(1, DAYS):
        path[:, day] = path[:, day - 1] * np.exp(-1 / memory) + steps[:, day]
    return path


def _shocks(random: np.random.Generator, a_year: float, size: float, rows: int = 1) -> np.ndarray:
    """Return (rows, days) of falls that last 5 to 25 days."""
    path = np.zeros((rows, DAYS))
    for row in range(rows):
        for _ in range(random.poisson(a_year * DAYS / 365)):
            start, length = random.integers(0, DAYS), random.integers(5, 26)
            path[row, start : start + length] -= size * random.uniform(0.5, 1.5)
    return path


@dataclass(frozen=True, eq=False)
class Course:
    """A company over time: who lives where, the logit's parts, and the answers of each day."""

    region: np.ndarray
    x: np.ndarray
    seen: np.ndarray
    unseen: np.ndarray
    day: np.ndarray
    who: np.ndarray
    satisfied: np.ndarray
    weight: np.ndarray
    coefficients: np.ndarray

    def truth(self, who: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Return the probability of being satisfied."""
        parts = (self.seen + self.unseen)[self.region[who], day]
        return sigmoid(0.85 + 0.5 * self.x[who] + parts / POINTS_PER_LOGIT)

    def score(self, who: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Return what the model says: it sees x and a part of what moves."""
        seen = self.seen[self.region[who], day] / POINTS_PER_LOGIT
        return sigmoid(np.column_stack([np.ones(len(who)), self.x[who], seen]) @ self.coefficients)

    def means(self, values: np.ndarray) -> tuple[np.ndarray, float]:
        """Return the mean of everyone's values by region and over all, in points."""
        sums = np.bincount(self.region, values, minlength=REGIONS)
        return 100 * sums / np.bincount(self.region, minlength=REGIONS), 100 * float(values.mean())

    def sums_on(self, day: int) -> AnswerSums:
        """Return the sums of the answers up to a day."""
        kept = (self.day <= day) & (self.day >= day - 400)
        who, sent = self.who[kept], self.day[kept]
        return sum_answers(
            segment=self.region[who],
            age_days=day - sent,
            satisfied=self.satisfied[kept],
            probability=self.score(who, sent),
            weight=self.weight[kept],
        )


def draw_course(weather: Weather, seed: int) -> Course:
    """Draw a company over time, and a model learned from 3,000 other answers of it."""
    random = np.random.default_rng([seed, *weather.name.encode()])
    region = random.choice(REGIONS, RESIDENTS, p=random.dirichlet(np.full(REGIONS, 5.0)))
    x = random.normal(0, 1, RESIDENTS) + random.normal(0, 0.3, REGIONS)[region]
    everyone, own = weather.shocks / 2, weather.shocks / 6
    seen = (
        _wander(random, 0.1, 200)
        + _shocks(random, everyone, weather.shock_size)
        + _shocks(random, own, weather.shock_size, REGIONS)
    )
    start = random.normal(0, weather.region_sd, (REGIONS, 1))
    step = weather.region_sd * np.sqrt(-np.expm1(-2 / weather.region_memory))
    fading = np.exp(-np.arange(DAYS) / weather.region_memory)
    unseen = (
        _wander(random, weather.level_sd, 300)
        + _shocks(random, everyone, weather.shock_size)
        + _shocks(random, own, weather.shock_size, REGIONS)
        + start * fading
        + _wander(random, step, weather.region_memory, REGIONS)
    )
    day = np.repeat(np.arange(DAYS), random.poisson(ANSWERS_A_DAY, DAYS))
    readiness = np.exp(0.25 * np.tanh(x))
    who, learned = (
        random.choice(RESIDENTS, count, p=readiness / readiness.sum())
        for count in (len(day), 3_000)
    )
    course = Course(
        *(region, x, seen, unseen, day, who, np.empty(0), 1 / readiness[who], np.zeros(3))
    )
    learned_day = random.integers(0, DAYS, len(learned))
    answers = random.random(len(learned)) < course.truth(learned, learned_day)
    seen_then = seen[region[learned], learned_day] / POINTS_PER_LOGIT
    design = np.column_stack([np.ones(len(learned)), x[learned], seen_then])
    penalty = np.array([0.0, 3.0, 3.0])
    fit = fit_logistic(design, answers.astype(float), np.ones(len(learned)), penalty)
    satisfied = (random.random(len(day)) < course.truth(who, day)).astype(np.float64)
    return replace(course, satisfied=satisfied, coefficients=fit)


@dataclass(frozen=True, eq=False)
class OnADay:
    """Truth and estimates of one day, in points, of the base and of the regions."""

    base_truth: float
    truth: np.ndarray
    base: LevelEstimates
    found: LevelEstimates
    sums: AnswerSums


def look(course: Course, day: int) -> OnADay:
    """Estimate a day from what was answered up to it."""
    everyone, then = np.arange(RESIDENTS), np.full(RESIDENTS, day)
    truth, base_truth = course.means(course.truth(everyone, then))
    scores, score = course.means(course.score(everyone, then))
    sums = course.sums_on(day)
    base = estimate_base(sums, RESIDENTS, score)
    customers = np.bincount(course.region, minlength=REGIONS)
    found = estimate_segments(sums, customers, scores, base=base)
    return OnADay(base_truth, truth, base, found, sums)
