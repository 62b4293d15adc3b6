"""Vectorised random draws, and the named streams that they come from."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from csat.simulation.calendar import SECONDS_PER_DAY, SECONDS_PER_HOUR


@dataclass(frozen=True)
class Streams:
    """Independent random streams by name, so that a new draw in one module moves no other.

    ``part`` is 0 for the world that all customers share and 1 + the number of the chunk for
    the customers of a chunk.
    """

    seed: int
    part: int

    def __getitem__(self, name: str) -> np.random.Generator:
        entropy = np.random.SeedSequence([self.seed, self.part, zlib.crc32(name.encode())])
        return np.random.Generator(np.random.SFC64(entropy))


def sigmoid(logit: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-logit)), in double precision: single precision differs between processors."""
    return 1 / (1 + np.exp(-np.asarray(logit, dtype=np.float64)))


def happens(random: np.random.Generator, probability: np.ndarray) -> np.ndarray:
    """One coin per element of ``probability``."""
    return random.random(np.shape(probability), dtype=np.float32) < probability


def categories(random: np.random.Generator, weights: np.ndarray, size: int) -> np.ndarray:
    """``size`` category numbers drawn with the given ``weights`` (need not sum to 1)."""
    cumulative = np.cumsum(np.asarray(weights, dtype=float))
    return np.searchsorted(cumulative, random.random(size) * cumulative[-1], side="right")


def categories_by_group(
    random: np.random.Generator, weights: np.ndarray, group: np.ndarray
) -> np.ndarray:
    """One category number per element of ``group``; ``weights`` has one row per group."""
    cumulative = np.cumsum(np.asarray(weights, dtype=float), axis=1)
    cumulative /= cumulative[:, -1:]
    draw = random.random(len(group))
    chosen = np.zeros(len(group), dtype=np.int64)
    for boundary in cumulative[:, :-1].T:
        chosen += draw >= boundary[group]
    return chosen


def around(
    random: np.random.Generator, median: np.ndarray | float, spread: float, size: int
) -> np.ndarray:
    """Lognormal values: ``median`` times exp(``spread`` times a standard normal)."""
    return median * np.exp(spread * random.standard_normal(size))


def delays(
    random: np.random.Generator, bounds: tuple[float, float], unit: int, size: int
) -> np.ndarray:
    """Whole seconds, evenly between two ``bounds`` that are given in units of ``unit`` seconds."""
    low, high = bounds
    return random.integers(int(low * unit), max(int(high * unit), int(low * unit) + 1), size)


def moments_of_days(
    random: np.random.Generator, days: np.ndarray, hour_weights: tuple[float, ...]
) -> np.ndarray:
    """A moment within each of ``days``, by the rhythm of the 24 ``hour_weights``."""
    hours = categories(random, np.asarray(hour_weights), len(days))
    return (
        days * SECONDS_PER_DAY
        + hours * SECONDS_PER_HOUR
        + random.integers(0, SECONDS_PER_HOUR, len(days))
    )


def later(moments: np.ndarray, hours: np.ndarray, hour_weights: tuple[float, ...]) -> np.ndarray:
    """The moments after ``hours`` of a clock that runs by the rhythm of ``hour_weights``.

    The clock makes 24 hours in every day, as many in each hour of it as its weight says: none
    where the weight is 0.
    """
    weights = np.asarray(hour_weights, dtype=float)
    shown = np.r_[0.0, np.cumsum(weights / weights.sum())]
    day, second = np.divmod(moments, SECONDS_PER_DAY)
    clock = np.interp(second / SECONDS_PER_HOUR, np.arange(25), shown) + hours / 24
    part = clock % 1
    hour = np.minimum(np.searchsorted(shown, part, side="right") - 1, 23)
    within = (part - shown[hour]) / np.maximum(shown[hour + 1] - shown[hour], 1e-12)
    second = ((hour + np.clip(within, 0, 1)) * SECONDS_PER_HOUR).astype(np.int64)
    reached = (day + np.floor(clock).astype(np.int64)) * SECONDS_PER_DAY + second
    return np.maximum(moments, reached)


def expand(starts: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unfold ranges: for range r the positions ``starts[r] .. starts[r] + counts[r] - 1``.

    Returns the number of the range and the position, both of length ``counts.sum()``.
    """
    owner = np.repeat(np.arange(len(counts)), counts)
    offsets = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) - offsets[owner] + starts[owner]
