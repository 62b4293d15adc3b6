"""Customers by periods: the score of everyone, and what the few who answered said beyond it.

The outcome of a program is surveyed satisfaction. Answers are few, scores are of everyone, so that
both are kept apart: for customer i and a window of periods the mean score M_i, dense, and the sums
A_i of the residuals y - m of the answers in it and N_i of their weights, mostly 0. Sums over any
window are differences of running sums, whatever the window of each customer is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np

from csat.impact.errors import ImpactError

#: Cohort of a customer who never enrolled.
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers to surveys, (n,) arrays; leave out those given in the period of enrolling before it.

    Parameters
    ----------
    customer
        Row of the panel, 0 … customers - 1.
    period
        In which the survey was sent, 0 … periods - 1.
    outcome
        What was answered, in points: 100 for satisfied, otherwise 0.
    predicted
        m, in points: the score in force when the survey was sent. It must be of a model that had
        not seen the answer, and that does not know who is enrolled.
    weight
        Response weight, above 0; 1 where not given.
    """

    customer: np.ndarray
    period: np.ndarray
    outcome: np.ndarray
    predicted: np.ndarray
    weight: np.ndarray | None = None

    def __post_init__(self) -> None:
        count = len(self.customer)
        if self.weight is None:
            object.__setattr__(self, "weight", np.ones(count))
        for column in fields(self):
            kind = np.int64 if column.name in ("customer", "period") else np.float64
            values = np.asarray(getattr(self, column.name)).astype(kind)
            if values.shape != (count,):
                raise ImpactError(
                    f"{column.name} of the answers has shape {values.shape}, not ({count},): "
                    "give one value per answer."
                )
            if kind is np.float64 and not np.isfinite(values).all():
                raise ImpactError(
                    f"{column.name} of the answers holds what is not a number: leave out answers "
                    "without a prediction."
                )
            object.__setattr__(self, column.name, values)

    def __len__(self) -> int:
        return len(self.customer)

    def take(self, places: np.ndarray) -> Answers:
        """Return the answers of a mask or of positions."""
        return Answers(*(getattr(self, column.name)[places] for column in fields(self)))


def no_answers() -> Answers:
    """Return no answers at all."""
    return Answers(*(np.zeros(0) for _ in range(4)))


@dataclass(frozen=True, eq=False)
class Running:
    """Running sums of (customers, periods, things) values: any window is one difference."""

    sums: np.ndarray

    @classmethod
    def of(cls, *things: np.ndarray) -> Running:
        """Add things of customers x periods up along the periods."""
        customers, periods = things[0].shape
        sums = np.zeros((customers, periods + 1, len(things)))
        for place, values in enumerate(things):
            np.cumsum(values, axis=1, out=sums[:, 1:, place])
        return cls(sums)

    def window(self, customer: np.ndarray, first: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Return (rows, things) the sums of each row's customer over the periods first … end - 1.

        What lies outside of the periods counts as nothing.
        """
        return self.up_to(customer, end) - self.up_to(customer, first)

    def up_to(self, customer: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Return (…, things) the sums over all periods before ``end``."""
        return self.sums[customer, np.clip(end, 0, self.sums.shape[1] - 1)]


@dataclass(frozen=True, eq=False)
class InWindow:
    """What the panel holds of a window of each row, (rows,) arrays.

    Parameters
    ----------
    score
        M: mean score, NaN where a customer was never there.
    presence
        Periods in which they were.
    residual, answer
        A and N: sums of weighted residuals, in points, and of the weights of answers.
    """

    score: np.ndarray
    presence: np.ndarray
    residual: np.ndarray
    answer: np.ndarray

    @classmethod
    def of(
        cls, total: np.ndarray, presence: np.ndarray, residual: np.ndarray, answer: np.ndarray
    ) -> InWindow:
        """Make it of sums, that of the scores first."""
        is_there = presence > 0
        score = np.where(is_there, total / np.where(is_there, presence, 1.0), np.nan)
        return cls(score, presence, residual, answer)


@dataclass(frozen=True, eq=False)
class Panel:
    """Customers by periods.

    Parameters
    ----------
    score
        (customers, periods) mean score m of a customer in a period, in points; NaN where they were
        no customer.
    answers
        To surveys.
    weight
        (customers,) how many customers each one stands for, as ``thin_controls`` says; 0 leaves
        one out. 1 where not given.

    Raises
    ------
    ImpactError
        If the shapes do not fit, a weight is below 0, or an answer is of no customer or period.
    """

    score: np.ndarray
    answers: Answers = field(default_factory=no_answers)
    weight: np.ndarray | None = None

    def __post_init__(self) -> None:
        score = np.asarray(self.score)
        if score.ndim != 2:
            raise ImpactError(
                f"The score has {score.ndim} dimensions: give an array customers x periods."
            )
        if self.weight is None:
            object.__setattr__(self, "weight", np.ones(len(score)))
        weight = np.asarray(self.weight, dtype=np.float64)
        if weight.shape != (len(score),) or not (weight >= 0).all():
            raise ImpactError(
                "Weights of the panel have to be numbers from 0 on, one per customer: "
                f"there are {len(score)} customers and weights of shape {weight.shape}."
            )
        for name, size in zip(("customer", "period"), score.shape, strict=True):
            places = getattr(self.answers, name)
            outside = places[(places < 0) | (places >= size)]
            if len(outside):
                raise ImpactError(
                    f"An answer is of {name} {outside[0]}, and the panel has {size}: leave out "
                    "answers outside of it."
                )
        for name, values in (("score", score), ("weight", weight)):
            object.__setattr__(self, name, values)
        is_there = np.isfinite(score)
        running = Running.of(
            np.where(is_there, score, 0.0),
            is_there,
            self._by_cell(self.answers.outcome - self.answers.predicted),
            self._by_cell(np.ones(len(self.answers))),
        )
        object.__setattr__(self, "_running", running)

    @property
    def customers(self) -> int:
        """Number of customers."""
        return self.score.shape[0]

    @property
    def periods(self) -> int:
        """Number of periods."""
        return self.score.shape[1]

    def window(self, customer: np.ndarray, first: np.ndarray, end: np.ndarray) -> InWindow:
        """Return what there is of each row's customer in the periods first … end - 1."""
        return InWindow.of(*self._running.window(customer, first, end).T)

    def edges(self, customer: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Return (edges, 4, rows) sums up to (rows, edges) ends: differences make any windows."""
        sums = self._running.up_to(customer[:, None], ends)
        return np.ascontiguousarray(sums.transpose(1, 2, 0))

    def take(self, customers: np.ndarray) -> Panel:
        """Return the customers of a mask, numbered anew."""
        places = np.flatnonzero(customers)
        number = np.full(self.customers, -1)
        number[places] = np.arange(len(places))
        answers = self.answers.take(number[self.answers.customer] >= 0)
        answers = Answers(
            number[answers.customer],
            *(getattr(answers, column.name) for column in fields(Answers)[1:]),
        )
        return Panel(self.score[places], answers, self.weight[places])

    def _by_cell(self, values: np.ndarray) -> np.ndarray:
        cell = self.answers.customer * self.periods + self.answers.period
        total = np.bincount(cell, self.answers.weight * values, self.customers * self.periods)
        return total.reshape(self.customers, self.periods)


def thin_controls(
    is_kept: np.ndarray,
    others: int,
    *,
    seed: int = 1,
) -> np.ndarray:
    """Return weights (customers,) by which a sample of the customers stands for all of them.

    Scores are dense, so that of the customers who neither enrolled nor answered a sample tells
    almost as much as all: 20,000 of 1,000,000 widen an interval by less than a hundredth, because
    answers, not scores, are what is scarce. Nobody who answered is left out, since every answer
    counts.

    Parameters
    ----------
    is_kept
        (customers,) who is kept with weight 1: all who enrolled or answered.
    others
        How many of the others are kept, drawn by lot, each standing for equally many.
    seed
        Draws them.

    Examples
    --------
    >>> weight = thin_controls(np.array([True, False, False, False, False]), 2)
    >>> weight[0], sorted(weight[1:])
    (np.float64(1.0), [np.float64(0.0), np.float64(0.0), np.float64(2.0), np.float64(2.0)])
    """
    weight = np.ones(len(is_kept))
    rest = np.flatnonzero(~np.asarray(is_kept, dtype=bool))
    if others < 1 or len(rest) <= others:
        return weight
    drawn = np.random.default_rng(seed).choice(rest, others, replace=False)
    weight[rest] = 0.0
    weight[drawn] = len(rest) / others
    return weight
