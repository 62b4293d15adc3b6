"""What answers say beyond the score, reduced to sums: all that the estimates need of the answers.

An answer i was sent on some day to a customer who was then in segment s. y_i is 1 if it is
"satisfied", m_i what the score said of it without having seen it (out of fold or out of time), w_i
its response weight, r_i = y_i - m_i its residual. Sums add up: over days, over segments, over the
parts of a distributed engine.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np


class EstimationError(ValueError):
    """What was handed to the estimation cannot be used; one sentence says what and the mend."""


@dataclass(frozen=True, eq=False)
class AnswerSums:
    """Sums over the answers of each cell: segment, age and kind; (cells,) arrays, in any order.

    Parameters
    ----------
    segment
        Number of the segment, 0 … S - 1, in which the customer was when the survey was sent.
    age_days
        Whole days from the day on which the survey was sent to the day of the estimate, 0 or more.
    is_gold
        Whether the answers come from a random sample that was pressed to answer.
    answers
        How many, n.
    weight, weight_squares
        Σ w and Σ w².
    weighted_residual
        Σ w r.
    weighted_variance
        Σ w² m (1 - m), the variance of Σ w r by the model.
    satisfied_answers, satisfied_weight, satisfied_residual
        Σ y, Σ w y and Σ w r y: what the survey alone says, and how answers move if satisfied people
        answer more readily.

    Raises
    ------
    EstimationError
        If the columns differ in length, an age is below 0, or a sum is not a number.
    """

    segment: np.ndarray
    age_days: np.ndarray
    is_gold: np.ndarray
    answers: np.ndarray
    weight: np.ndarray
    weight_squares: np.ndarray
    weighted_residual: np.ndarray
    weighted_variance: np.ndarray
    satisfied_answers: np.ndarray
    satisfied_weight: np.ndarray
    satisfied_residual: np.ndarray

    def __post_init__(self) -> None:
        kinds = {"segment": np.int64, "age_days": np.int64, "is_gold": np.bool_}
        for field in fields(self):
            values = np.asarray(getattr(self, field.name))
            if values.shape != (len(self.segment),):
                raise EstimationError(
                    f"{field.name} has shape {values.shape}, not ({len(self.segment)},): "
                    "each sum needs one value per cell."
                )
            kind = kinds.get(field.name, np.float64)
            if kind is np.float64 and not np.isfinite(values.astype(np.float64)).all():
                raise EstimationError(
                    f"{field.name} holds what is not a number: leave out answers "
                    "without a prediction or a weight."
                )
            object.__setattr__(self, field.name, values.astype(kind))
        if len(self.segment) and (self.segment.min() < 0 or self.age_days.min() < 0):
            raise EstimationError(
                "segment and age_days count from 0: leave out answers sent after the day."
            )

    def __len__(self) -> int:
        return len(self.segment)

    def take(self, cells: np.ndarray) -> AnswerSums:
        """Return the cells of a mask or of positions."""
        return AnswerSums(*(getattr(self, field.name)[cells] for field in fields(self)))

    def regrouped(self, group: np.ndarray) -> AnswerSums:
        """Return the sums with each segment s counted as part of ``group[s]``."""
        return _added_up(
            np.asarray(group)[self.segment],
            self.age_days,
            self.is_gold,
            [getattr(self, field.name) for field in fields(self)[3:]],
        )

    def shifted(self, points: np.ndarray) -> AnswerSums:
        """Return the sums with every residual of segment s larger by ``points[s]``."""
        moved = np.asarray(points)[self.segment] / 100
        return replace(
            self,
            weighted_residual=self.weighted_residual + self.weight * moved,
            satisfied_residual=self.satisfied_residual + self.satisfied_weight * moved,
        )

    def total(self) -> AnswerSums:
        """Return the sums of all segments together, as segment 0."""
        return self.regrouped(np.zeros(int(self.segment.max(initial=0)) + 1, dtype=np.int64))

    def by_segment(self, column: str, segments: int) -> np.ndarray:
        """Return (segments,) sums of a column over ages and kinds."""
        return np.bincount(self.segment, getattr(self, column), minlength=segments)


def sum_answers(
    *,
    segment: np.ndarray,
    age_days: np.ndarray,
    satisfied: np.ndarray,
    probability: np.ndarray,
    weight: np.ndarray,
    is_gold: np.ndarray | None = None,
) -> AnswerSums:
    """Reduce answers to the sums of their cells, as an engine does it by ``group by``.

    Parameters
    ----------
    segment, age_days
        (n,) cell of each answer; see ``AnswerSums``.
    satisfied
        (n,) 0 or 1.
    probability
        (n,) m, what the score said of the answer without having seen it, 0 to 1.
    weight
        (n,) above 0, mean about 1.
    is_gold
        (n,); none of them where not given.
    """
    y, m, w = (np.asarray(values, dtype=np.float64) for values in (satisfied, probability, weight))
    gold = np.zeros(len(y), dtype=bool) if is_gold is None else np.asarray(is_gold, dtype=bool)
    r = y - m
    sums = [np.ones(len(y)), w, w**2, w * r, w**2 * m * (1 - m), y, w * y, w * r * y]
    return _added_up(np.asarray(segment), np.asarray(age_days), gold, sums)


def _added_up(
    segment: np.ndarray, age_days: np.ndarray, is_gold: np.ndarray, sums: list[np.ndarray]
) -> AnswerSums:
    # One number that sorts as segment, age and kind do: rows of them take ten times as long.
    first = int(age_days.min(initial=0))
    ages = int(age_days.max(initial=0)) - first + 1
    cells, cell = np.unique((segment * ages + age_days - first) * 2 + is_gold, return_inverse=True)
    added = (np.bincount(cell, values, minlength=len(cells)) for values in sums)
    moments, gold = np.divmod(cells, 2)
    segment, age = np.divmod(moments, ages)
    return AnswerSums(segment, age + first, gold.astype(bool), *added)


#: κ where too few customers answered twice: customers differ from their score by 14 points (one
#: standard deviation), as in companies where it could be measured.
ASSUMED_CUSTOMER_VARIANCE = 0.02


@dataclass(frozen=True)
class RepeatAnswers:
    """What several answers of the same customers tell.

    Parameters
    ----------
    design_effect
        By how much the variance of Σ w r exceeds Σ w² m (1 - m), at least 1.
    customer_variance
        κ, the variance of customers' own deviations from the score (of probabilities, 0 to 1), at
        least 0: a segment of N customers truly deviates by about κ / N even where nothing else
        sets it apart.
    pairs
        Pairs of answers of one customer, from which κ comes.
    reason
        Why the two are what they are where it cannot be told; otherwise null.
    """

    design_effect: float
    customer_variance: float
    pairs: int
    reason: str | None = None


def repeat_answers(
    customer: np.ndarray,
    satisfied: np.ndarray,
    probability: np.ndarray,
    weight: np.ndarray,
    *,
    fewest_pairs: int = 100,
) -> RepeatAnswers:
    """Estimate the design effect and κ from the answers of the window, centred on their mean.

    With c over customers, deff = Σ_c (Σ_i w (r - r̄))² / Σ w² m (1 - m), the linearised variance by
    customer over that of the model (Kish 1965; Binder 1983), and κ = Σ r_i r_j / pairs over
    the pairs of answers of one customer, residuals centred.

    Parameters
    ----------
    customer
        (n,) whose answer it is; any keys. Gold answers are left out: their mean is another one.
    satisfied, probability, weight
        (n,) as in ``sum_answers``.
    fewest_pairs
        With fewer pairs of answers κ is ``ASSUMED_CUSTOMER_VARIANCE``, with fewer answers the
        design effect is 1.
    """
    y, m, w = (np.asarray(values, dtype=np.float64) for values in (satisfied, probability, weight))
    if len(y) < fewest_pairs:
        return RepeatAnswers(
            1.0, ASSUMED_CUSTOMER_VARIANCE, 0, f"{len(y)} answers, fewer than {fewest_pairs}."
        )
    r = y - m
    r = r - np.average(r, weights=w)
    _, who = np.unique(np.asarray(customer), return_inverse=True)
    effect = np.sum(np.bincount(who, w * r) ** 2) / np.sum(w**2 * m * (1 - m))
    count = np.bincount(who)
    pairs = int(np.sum(count * (count - 1)) // 2)
    effect = max(float(effect), 1.0)
    if pairs < fewest_pairs:
        said = f"{pairs} pairs of answers of one customer, fewer than {fewest_pairs}."
        return RepeatAnswers(effect, ASSUMED_CUSTOMER_VARIANCE, pairs, said)
    together = np.sum(np.bincount(who, r) ** 2 - np.bincount(who, r**2)) / 2
    return RepeatAnswers(effect, max(float(together / pairs), 0.0), pairs)
