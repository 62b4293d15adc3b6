"""What is told of a program: its effect, by time and by group, and how far to trust it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from csat.impact.checks import Balance, Check, TrendBounds
from csat.impact.effects import Effect, no_effect


@dataclass(frozen=True, eq=False)
class StepEffects:
    """The effect by time from the start, against the whole window before; (steps,) arrays.

    Parameters
    ----------
    first, end
        Periods from the start: first … end - 1, below 0 before it.
    estimate, std_error, conf_low, conf_high
        In points; NaN where there are too few answers.
    n
        Answers of those who enrolled.
    """

    first: np.ndarray
    end: np.ndarray
    estimate: np.ndarray
    std_error: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    n: np.ndarray


@dataclass(frozen=True, eq=False)
class CohortEffects:
    """The effect by cohorts that were estimated together; (cohorts,) arrays.

    Parameters
    ----------
    first, last
        Periods of enrolling.
    customers
        Who enrolled.
    estimate, std_error, conf_low, conf_high
        In points; NaN where nothing can be told.
    n
        Answers of those who enrolled that count.
    reason
        Why nothing can be told, otherwise null.
    """

    first: np.ndarray
    last: np.ndarray
    customers: np.ndarray
    estimate: np.ndarray
    std_error: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    n: np.ndarray
    reason: tuple[str | None, ...]


@dataclass(frozen=True, eq=False)
class GroupEffects:
    """The effect on groups of customers, as they were just before the start; (groups,) arrays.

    Arms are weighted as for all, so that history is alike over all customers, and in a group only
    as far as it is like the others. Each interval is for its group alone: of 20 groups without an
    effect one looks as if it had one; ``judge_parts`` says what holds of all of them.

    Parameters
    ----------
    names
        Of the groups: what customers are told apart by, and which of its groups it is.
    customers
        Who enrolled and was in the group in the period before.
    estimate, std_error, conf_low, conf_high
        In points; NaN where nothing can be told.
    n
        Answers of those who enrolled, before and after.
    reason
        Why nothing can be told, otherwise null.
    known_since
        The first period of which it is known who was in the group.
    unknown
        Who enrolled, and of whom that is not known: they are in no group.
    """

    names: tuple[tuple[str, str], ...]
    customers: np.ndarray
    estimate: np.ndarray
    std_error: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    n: np.ndarray
    reason: tuple[str | None, ...]
    known_since: np.ndarray
    unknown: np.ndarray


@dataclass(frozen=True, eq=False)
class ProgramEffect:
    """What a program does.

    Parameters
    ----------
    effect
        On satisfaction, in points, on those who enrolled; ``n`` counts their answers and those of
        the controls.
    score_part
        On the score alone: what is explained by behaviour. Never the effect.
    placebo_date
        The late half of the window before against the early one; null where there is none.
    treated_customers, control_customers
        Who was compared.
    treated_answers, control_answers
        Answers in both windows.
    least_effective_answers
        Kish's number in the arm and window that has fewest.
    periods_after
        Mean number of periods after the start that could be looked at.
    without_program
        Satisfaction of the enrolled after the start, as it would have been without the program:
        less the effect; of randomised programs that of the controls.
    steps, cohorts, groups
        The effect by time from the start, by time of the start, and on groups of customers.
    balance
        Of history between the arms.
    bounds
        If trends differ; null where there is nothing before.
    checks
        Of the assumptions.
    influence
        (customers,) what each customer adds to the error; null where there is no effect.
    """

    effect: Effect
    score_part: Effect
    placebo_date: Effect | None
    treated_customers: int
    control_customers: int
    treated_answers: int
    control_answers: int
    least_effective_answers: float
    periods_after: float
    without_program: float | None
    steps: StepEffects
    cohorts: CohortEffects
    groups: GroupEffects
    balance: Balance
    bounds: TrendBounds | None
    checks: tuple[Check, ...] = field(default=())
    influence: np.ndarray | None = None


def nothing_told(reason: str) -> ProgramEffect:
    """Return that nothing can be told of a program, and why."""
    none = np.zeros(0)
    return ProgramEffect(
        effect=no_effect(0, reason),
        score_part=no_effect(0, reason),
        placebo_date=None,
        treated_customers=0,
        control_customers=0,
        treated_answers=0,
        control_answers=0,
        least_effective_answers=0.0,
        periods_after=0.0,
        without_program=None,
        steps=StepEffects(*(none,) * 7),
        cohorts=CohortEffects(*(none,) * 8, ()),
        groups=GroupEffects((), *(none,) * 6, (), none, none),
        balance=Balance((), none, none),
        bounds=None,
    )
