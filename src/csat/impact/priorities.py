"""What to fund: effect, reach and cost, with how sure that is.

What raising satisfaction costs is the cost of an enrolment over its effect. Where money is short,
points per unit of money decide, and whoever ranks noisy effects funds the luckiest: so effects are
shrunk to each other first (Fay and Herriot 1979), and draws of what they may truly be say how
often a program would be funded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from csat.estimation.shrinkage import shrink
from csat.impact.effects import Effect
from csat.impact.errors import ImpactError

#: Fewer programs are not shrunk: two do not tell how far programs differ.
FEWEST_TO_SHRINK = 3
#: True effects of programs, in points, differ by no more (one standard deviation).
LARGEST_BETWEEN_STD = 20.0
DRAWS = 500


@dataclass(frozen=True)
class Cost:
    """What an effect costs, in money; null where it is not told, or not above 0.

    Parameters
    ----------
    per_point, per_point_low, per_point_high
        Money to raise one customer by one point; without an upper end where the effect may be none.
    per_satisfied, per_satisfied_low, per_satisfied_high
        Money per customer who is satisfied because of it: 100 points.
    """

    per_point: float | None = None
    per_point_low: float | None = None
    per_point_high: float | None = None

    @property
    def per_satisfied(self) -> float | None:
        """Money per customer satisfied because of it."""
        return _hundred(self.per_point)

    @property
    def per_satisfied_low(self) -> float | None:
        """Its lower end."""
        return _hundred(self.per_point_low)

    @property
    def per_satisfied_high(self) -> float | None:
        """Its upper end."""
        return _hundred(self.per_point_high)


def cost_of(effect: Effect, cost_per_enrollment: float | None) -> Cost:
    """Return what an effect costs.

    Examples
    --------
    >>> cost_of(Effect(5.0, 1.5, 2.0, 8.0, 900), 10.0).per_point
    2.0
    >>> cost_of(Effect(5.0, 3.0, -1.0, 11.0, 900), 10.0).per_point_high is None
    True
    """
    if cost_per_enrollment is None or effect.estimate is None or effect.estimate <= 0:
        return Cost()
    assert effect.conf_low is not None
    assert effect.conf_high is not None
    return Cost(
        cost_per_enrollment / effect.estimate,
        cost_per_enrollment / effect.conf_high,
        cost_per_enrollment / effect.conf_low if effect.conf_low > 0 else None,
    )


@dataclass(frozen=True, eq=False)
class Priorities:
    """Programs in the order of points per unit of money; (programs,) arrays.

    Parameters
    ----------
    rank
        From 1 on; 0 where there is no effect to rank by.
    estimate, std_error
        The effect in points, shrunk to the others; NaN where none is told.
    conf_low, conf_high
        Its interval.
    points_per_money
        Points on the mean of all customers per unit of money; infinite where it costs nothing.
    customers
        Who are enrolled under the budget.
    money
        Spent on them.
    base_points, base_points_low, base_points_high
        What that raises the mean of all customers by.
    is_positive
        Probability that the effect is above 0.
    is_funded
        Share of draws of the true effects in which the budget would reach the program.
    """

    rank: np.ndarray
    estimate: np.ndarray
    std_error: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    points_per_money: np.ndarray
    customers: np.ndarray
    money: np.ndarray
    base_points: np.ndarray
    base_points_low: np.ndarray
    base_points_high: np.ndarray
    is_positive: np.ndarray
    is_funded: np.ndarray


def rank_programs(
    estimate: np.ndarray,
    std_error: np.ndarray,
    reach: np.ndarray,
    cost_per_enrollment: np.ndarray,
    *,
    all_customers: float,
    budget: float,
    is_shown: np.ndarray | None = None,
    confidence: float = 0.95,
    seed: int = 1,
) -> Priorities:
    """Rank programs by what they add per unit of money, and fund them under a budget.

    Customers are enrolled in the order of points per unit of money until the budget is used up; a
    program whose effect is not shown, or whose shrunk effect is not above 0, gets nothing.

    Parameters
    ----------
    estimate, std_error
        (programs,) effects in points; NaN where nothing is told.
    reach
        (programs,) customers who could be enrolled.
    cost_per_enrollment
        (programs,) in money, 0 or more.
    all_customers
        Whose mean satisfaction counts.
    budget
        Money, 0 or more.
    is_shown
        (programs,) whether money may go to a program; all of them where not given.
    seed
        Of the draws.

    Raises
    ------
    ImpactError
        If a cost, a reach or the budget is below 0, or there are no customers.
    """
    estimate, std_error, reach, cost = (
        np.asarray(values, dtype=np.float64)
        for values in (estimate, std_error, reach, cost_per_enrollment)
    )
    if not budget >= 0 or not all_customers > 0:
        raise ImpactError(
            f"The budget is {budget} for {all_customers} customers: give money from 0 on, and "
            "customers above 0."
        )
    if not (reach >= 0).all() or not (cost >= 0).all():
        raise ImpactError(
            "A program has a reach or a cost per enrolment below 0: give customers and money "
            "from 0 on."
        )
    is_told = np.isfinite(estimate) & np.isfinite(std_error)
    effect, error = _shrunk(estimate, std_error, is_told)
    per_money = _per_money(effect, cost) / all_customers
    may_cost = is_told if is_shown is None else is_told & np.asarray(is_shown, dtype=bool)
    customers = _funded(effect, cost, reach, budget, may_cost)
    random = np.random.default_rng(seed)
    drawn = effect + error * random.standard_normal((DRAWS, len(effect)))
    reached = [_funded(one, cost, reach, budget, may_cost) > 0 for one in drawn]
    half = float(ndtri(0.5 + confidence / 2)) * error
    share = customers / all_customers
    # Of nobody enrolled there is nothing, not less than nothing.
    ends = [np.where(share > 0, share * end, 0.0) for end in (effect, effect - half, effect + half)]
    return Priorities(
        rank=_ranks(per_money, is_told),
        estimate=effect,
        std_error=error,
        conf_low=effect - half,
        conf_high=effect + half,
        points_per_money=per_money,
        customers=customers,
        money=customers * cost,
        base_points=ends[0],
        base_points_low=ends[1],
        base_points_high=ends[2],
        is_positive=np.where(is_told, ndtr(effect / np.where(error > 0, error, 1e-12)), np.nan),
        is_funded=np.where(is_told, np.mean(reached, axis=0), np.nan),
    )


def _shrunk(
    estimate: np.ndarray, std_error: np.ndarray, is_told: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    effect, error = (np.where(is_told, values, np.nan) for values in (estimate, std_error))
    if is_told.sum() >= FEWEST_TO_SHRINK:
        found = shrink(
            estimate[is_told], std_error[is_told] ** 2, largest_between_std=LARGEST_BETWEEN_STD
        ).means
        assert found is not None
        effect[is_told], error[is_told] = found.estimate, found.std_error
    return effect, error


def _per_money(effect: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Return points of one customer per unit of money; infinite where it is for nothing."""
    free = np.where(effect == 0, 0.0, np.sign(effect) * np.inf)
    return np.where(cost > 0, effect / np.where(cost > 0, cost, 1.0), free)


def _funded(
    effect: np.ndarray, cost: np.ndarray, reach: np.ndarray, budget: float, is_told: np.ndarray
) -> np.ndarray:
    """Return the customers of each program who are enrolled, best first, whole customers."""
    per_money = np.where(is_told, _per_money(effect, cost), -np.inf)
    customers, left = np.zeros(len(effect)), float(budget)
    for place in np.argsort(-per_money, kind="stable"):
        if per_money[place] <= 0:
            break
        affordable = np.floor(left / cost[place] + 1e-9) if cost[place] > 0 else np.inf
        customers[place] = min(reach[place], affordable)
        left = max(left - customers[place] * cost[place], 0.0)
    return customers


def _ranks(per_money: np.ndarray, is_told: np.ndarray) -> np.ndarray:
    order = np.argsort(np.where(is_told, -per_money, np.inf), kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    return np.where(is_told, rank, 0)


def _hundred(value: float | None) -> float | None:
    return None if value is None else 100 * value
