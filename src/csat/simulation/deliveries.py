"""How rows reach the warehouse: hourly batches, late rows, new versions of rows that change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csat.simulation.calendar import SECONDS_PER_DAY, SECONDS_PER_HOUR, SECONDS_PER_MINUTE
from csat.simulation.draws import happens
from csat.simulation.rows import Rows
from csat.simulation.world import World


@dataclass(frozen=True)
class Delivery(Rows):
    """Delivered versions in order of loading: the row's position, and when it was loaded.

    What a version holds follows from ``loaded`` alone: what had happened by then.
    """

    row: np.ndarray
    loaded: np.ndarray


def deliver(
    world: World, random: np.random.Generator, *changes: np.ndarray, is_prompt: bool = False
) -> Delivery:
    """Deliver rows once for each of their ``changes``.

    Each of ``changes`` holds one moment per row, ``NEVER`` for no change; the first is when the
    row came to be. A version is loaded with the first batch after its change, or days late
    unless ``is_prompt``. Of versions loaded together only the last is delivered. What would be
    loaded after the period's last batch is not delivered at all. What came to be in the burn-in
    counts as of the first day.
    """
    design = world.parameters.deliveries
    late_share = 0.0 if is_prompt else design.late_share
    moments = np.maximum(np.sort(np.stack(changes), axis=0), world.calendar.first_second)
    earlier = np.zeros(moments.shape[1], dtype=np.int64)
    loads = []
    for moment in moments:
        is_late = happens(random, np.full(len(moment), late_share))
        low, high = design.late_days
        delay = (low + (high - low) * random.random(len(moment))) * SECONDS_PER_DAY
        loaded = next_batch(world, moment + np.where(is_late, delay.astype(np.int64), 0))
        # A late version does not overtake the one before it.
        earlier = np.maximum(earlier, loaded)
        loads.append(earlier)
    last_batch = next_batch(world, np.int64(world.calendar.end_seconds))
    rows, loaded_at = [], []
    for position, loaded in enumerate(loads):
        is_delivered = loaded <= last_batch
        if position + 1 < len(loads):
            is_delivered &= loads[position + 1] > loaded
        chosen = np.flatnonzero(is_delivered)
        rows.append(chosen)
        loaded_at.append(loaded[chosen])
    delivery = Delivery(np.concatenate(rows), np.concatenate(loaded_at))
    hour = (delivery.loaded // SECONDS_PER_HOUR).astype(np.int32)
    return delivery.take(np.argsort(hour, kind="stable"))


def next_batch(world: World, moment: np.ndarray) -> np.ndarray:
    """The moment of the first batch strictly after each moment."""
    minute = world.parameters.deliveries.batch_minute * SECONDS_PER_MINUTE
    return ((moment - minute) // SECONDS_PER_HOUR + 1) * SECONDS_PER_HOUR + minute
