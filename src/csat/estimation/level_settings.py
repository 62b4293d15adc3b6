"""What a company may set of the model of levels, and the grid and moments that follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from csat.estimation.level_model import Grid, flat_prior
from csat.estimation.residuals import EstimationError

#: Moments of the level lie a day apart, and never farther than this share of their age.
RESOLUTION = 1 / 4


@dataclass(frozen=True)
class LevelSettings:
    """How levels are estimated. Standard deviations are in points.

    Parameters
    ----------
    window_days
        Answers older than this are left out.
    lags
        Days back to which changes are wanted, each below ``window_days``.
    confidence
        Of the intervals, 0 to 1.
    walk_sd, walk_sd_mean
        Grid, each above 0, of the level's step from one day to the next, and the mean of its
        exponential prior (Simpson et al. 2017): with 0.15, what the score misses wanders by more
        than 2.4 points in four weeks in one company of twenty. A flat prior would make 10 points a
        year as likely as none, and doubles the intervals of a company with few answers.
    shock_sd, shock_sd_mean
        Grid, from 0, of shocks to the level that fade within weeks, and the mean of their
        exponential prior: with 1, more than 3 points in one company of twenty.
    segment_sd
        Grid of segment effects, from 0, with a flat prior.
    memory_days
        Grid, equally likely, of how long a segment's effect lasts; infinite: for good.
    response_bias_sd
        Prior of the response bias that weights cannot see, free where there are gold answers.
    fewest_gold_answers
        With fewer gold answers in the window the response bias is held at 0, and they count as
        ordinary ones.
    """

    window_days: int = 400
    lags: tuple[int, ...] = (1, 7, 28, 365)
    confidence: float = 0.95
    walk_sd: tuple[float, ...] = (0.02, 0.08, 0.2, 0.4, 0.8)
    walk_sd_mean: float = 0.15
    shock_sd: tuple[float, ...] = (0.0, 1.0, 2.0, 4.0)
    shock_sd_mean: float = 1.0
    segment_sd: tuple[float, ...] = (0.0, 1.0, 2.0, 3.0, 4.5, 6.5, 9.0, 13.0)
    memory_days: tuple[float, ...] = (60.0, float("inf"))
    response_bias_sd: float = 20.0
    fewest_gold_answers: int = 50

    def __post_init__(self) -> None:
        if not self.lags or min(self.lags) < 1 or max(self.lags) >= self.window_days:
            raise EstimationError(
                f"lags {self.lags} must lie between 1 and window_days ({self.window_days}) less 1."
            )


def moments_of(settings: LevelSettings) -> np.ndarray:
    """Return the ages at which the level is followed: the older, the farther apart."""
    ages = [0]
    while (step := ages[-1] + max(1, int(ages[-1] * RESOLUTION))) <= settings.window_days:
        ages.append(step)
    return np.array(sorted({*ages, *settings.lags}))


def _exponential_prior(values: Sequence[float], mean: float) -> np.ndarray:
    prior = flat_prior(values) * np.exp(-np.asarray(values) / mean)
    return prior / prior.sum()


def grid_of(settings: LevelSettings, effect_log_prior: np.ndarray | None = None) -> Grid:
    """Return the grid; each step of the level with each size of shocks.

    ``effect_log_prior`` is (segment_sd, memory_days), in addition to the flat one: such as what
    other conditions tell.
    """
    of_level = np.multiply.outer(
        _exponential_prior(settings.walk_sd, settings.walk_sd_mean),
        _exponential_prior(settings.shock_sd, settings.shock_sd_mean),
    )
    of_effects = np.log(flat_prior(settings.segment_sd))[:, None]
    of_effects = np.repeat(of_effects, len(settings.memory_days), axis=1)
    if effect_log_prior is not None:
        of_effects = of_effects + effect_log_prior
    walk_sd, shock_sd = np.meshgrid(settings.walk_sd, settings.shock_sd, indexing="ij")
    return Grid(
        walk_sd=walk_sd.ravel(),
        shock_sd=shock_sd.ravel(),
        segment_sd=np.array(settings.segment_sd),
        memory_days=np.array(settings.memory_days),
        log_prior=np.log(of_level.ravel())[:, None, None] + of_effects,
    )
