"""Small panels with a program, of which everything is known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from csat.impact import (
    IN_NONE,
    NEVER,
    Answers,
    Grouping,
    History,
    Panel,
    PastMean,
    ProgramSettings,
)
from csat.model.logistic import sigmoid

PERIODS = 16
SETTINGS = ProgramSettings(
    before=4,
    after=4,
    step=2,
    fewest_answers=20,
    fewest_effective=5,
    penalty=0.0,
    inflates=False,
    controls_drawn=0,
)


@dataclass(frozen=True, eq=False)
class MadeUp:
    """A panel, its cohorts and history."""

    panel: Panel
    cohort: np.ndarray
    history: History

    def with_answers(self, **columns: np.ndarray) -> MadeUp:
        """Return the same with other columns of answers."""
        answers = replace(self.panel.answers, **columns)
        return replace(self, panel=Panel(self.panel.score, answers, self.panel.weight))

    def with_score(self, score: np.ndarray) -> MadeUp:
        return replace(self, panel=Panel(score, self.panel.answers, self.panel.weight))

    def weighing(self, weight: np.ndarray) -> MadeUp:
        return replace(self, panel=Panel(self.panel.score, self.panel.answers, weight))


def made_up(
    seed: int = 1, customers: int = 500, answers_each: float = 4.0, effect: float = 0.0
) -> MadeUp:
    """Draw customers of whom those with high x enrol more readily, in periods 6 to 9."""
    random = np.random.default_rng(seed)
    x = random.normal(size=customers)
    enrols = random.random(customers) < sigmoid(x - 0.8)
    cohort = np.where(enrols, random.integers(6, 10, customers), NEVER)
    wander = np.cumsum(random.normal(0, 1.5, (customers, PERIODS)), axis=1)
    score = 70 + 6 * x[:, None] + wander
    count = random.poisson(answers_each, customers)
    who = np.repeat(np.arange(customers), count)
    when = random.integers(0, PERIODS, len(who))
    since = when - np.where(enrols, cohort, PERIODS)[who]
    truth = score[who, when] + 4 * x[who] + effect * (since >= 0)
    satisfied = 100.0 * (random.random(len(who)) < truth / 100)
    answers = Answers(who, when, satisfied, score[who, when], random.uniform(0.5, 1.5, len(who)))
    history = History(
        past=[PastMean(1), PastMean(4, 2)], constant=x[:, None], earlier=None, names=["x"]
    )
    return MadeUp(Panel(score, answers), cohort, history)


def grouping(name: str, is_in: np.ndarray, **known: int) -> Grouping:
    """Return one group, of (customers,) or (customers, periods) who is in it."""
    codes = np.where(is_in, 0, IN_NONE).astype(np.int8)
    return Grouping(name, ["in"], codes.reshape(len(codes), -1), **known)
