"""Leaving the company, by a hazard that follows dissatisfaction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csat.simulation.calendar import DAYS_PER_YEAR, NEVER, SECONDS_PER_DAY, SECONDS_PER_HOUR, day_of
from csat.simulation.customers import Customers
from csat.simulation.draws import Streams, delays
from csat.simulation.world import World

#: Length in days of the blocks over which the truth about hazards is averaged.
HAZARD_BLOCK_DAYS = 30


@dataclass(frozen=True)
class Leaving:
    """Who leaves and when.

    ``closed``: moment of leaving, ``NEVER`` for none. ``present``: days x customers, true from
    the day of joining, or the first written day, to the day of leaving, both included.
    ``daily_hazard``: mean hazard per day, blocks of written days x customers; zero before
    joining, as if nobody left.
    """

    closed: np.ndarray
    present: np.ndarray
    daily_hazard: np.ndarray


def draw_leaving(
    world: World, customers: Customers, probability: np.ndarray, streams: Streams
) -> Leaving:
    """Draw the moment of leaving.

    hazard per day = yearly / 365.25 * ratio ** (10 * (mean probability - probability)), from
    the day after joining on, but never in the burn-in; a customer leaves when the sum passes a
    standard exponential.
    """
    random = streams["leaving"]
    design = world.parameters.churn
    days, count = probability.shape
    threshold = random.exponential(1.0, count)
    joined_day = day_of(customers.joined)
    slope = -10 * np.log(design.hazard_ratio_per_10_points)
    mean = world.parameters.satisfaction.mean_probability
    first_day = world.calendar.first_day
    blocks = -(-(days - first_day) // HAZARD_BLOCK_DAYS)
    daily_hazard = np.zeros((blocks, count), np.float32)
    cumulative = np.zeros(count)
    left_day = np.full(count, days)
    for day in range(first_day, days):
        hazard = design.leaving_per_year / DAYS_PER_YEAR * np.exp(slope * (probability[day] - mean))
        hazard *= joined_day < day
        block = (day - first_day) // HAZARD_BLOCK_DAYS
        block_days = min(HAZARD_BLOCK_DAYS, days - first_day - block * HAZARD_BLOCK_DAYS)
        daily_hazard[block] += hazard / block_days
        cumulative += hazard
        left_day[(cumulative > threshold) & (left_day == days)] = day
    second = delays(random, design.closing_hours, SECONDS_PER_HOUR, count)
    all_days = np.arange(days)[:, None]
    present_from = np.maximum(joined_day, first_day)
    return Leaving(
        closed=np.where(left_day < days, left_day * SECONDS_PER_DAY + second, NEVER),
        present=(all_days >= present_from[None, :]) & (all_days <= left_day[None, :]),
        daily_hazard=daily_hazard,
    )
