"""Customers by periods: the score of everyone, and what the few who answered said beyond it.

The outcome of a program is surveyed satisfaction. Answers are few, scores are of everyone, so that
both are kept apart.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields, replace
from functools import cached_property

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
        How much each counts, above 0; 1 where not given.
    response_weight
        For how many like them those who answered stand, above 0: 1 / π̂ of the chance π̂ to answer.
        The effect does not use it; a check asks what would be if it did. Null where not known.
    """

    customer: np.ndarray
    period: np.ndarray
    outcome: np.ndarray
    predicted: np.ndarray
    weight: np.ndarray | None = None
    response_weight: np.ndarray | None = None

    def __post_init__(self) -> None:
        count = len(self.customer)
        if self.weight is None:
            object.__setattr__(self, "weight", np.ones(count))
        for column in self._given():
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

    def _given(self) -> list[Field]:
        return [column for column in fields(self) if getattr(self, column.name) is not None]

    @cached_property
    def is_binary(self) -> bool:
        """Whether all were 0 or 100, satisfied or not."""
        return bool(np.isin(self.outcome, (0.0, 100.0)).all())

    def take(self, places: np.ndarray) -> Answers:
        """Return the answers of a mask or of positions."""
        return Answers(
            **{column.name: getattr(self, column.name)[places] for column in self._given()}
        )

    def by_response_weight(self) -> Answers | None:
        """Return the answers counted by their response weights; null where there are none."""
        if self.response_weight is None:
            return None
        return replace(self, weight=self.weight * self.response_weight)


def no_answers() -> Answers:
    """Return no answers at all."""
    return Answers(*(np.zeros(0) for _ in range(4)))


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

    @property
    def customers(self) -> int:
        """Number of customers."""
        return self.score.shape[0]

    @property
    def periods(self) -> int:
        """Number of periods."""
        return self.score.shape[1]

    @cached_property
    def _periods_there(self) -> np.ndarray:
        """(periods + 1, customers) in how many periods each was there before each."""
        counts = np.zeros((self.periods + 1, self.customers), dtype=np.int32)
        np.cumsum(np.isfinite(self.score), axis=1, dtype=np.int32, out=counts[1:].T)
        return counts

    def is_there(self, first: int, end: int) -> np.ndarray:
        """Return (customers,) whether they were there in one of the periods first … end - 1."""
        first, end = (min(max(period, 0), self.periods) for period in (first, end))
        return self._periods_there[end] > self._periods_there[first]

    def answers_in(self, first: int, end: int) -> np.ndarray:
        """Return (customers,) sums of the weights of answers in the periods first … end - 1."""
        is_in = (self.answers.period >= first) & (self.answers.period < end)
        customer = self.answers.customer[is_in]
        return np.bincount(customer, self.answers.weight[is_in], self.customers)

    def take(self, customers: np.ndarray) -> Panel:
        """Return the customers of a mask, numbered anew."""
        places = np.flatnonzero(customers)
        number = np.full(self.customers, -1)
        number[places] = np.arange(len(places))
        answers = self.answers.take(number[self.answers.customer] >= 0)
        answers = replace(answers, customer=number[answers.customer])
        return Panel(self.score[places], answers, self.weight[places])


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
