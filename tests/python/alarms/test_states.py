"""Alarms of scores, levels, deliveries and drift: when they open, last and are over."""

from __future__ import annotations

import numpy as np
import pytest

from csat.alarms.episodes import RECOVERED
from csat.alarms.shape import SLOW, SUDDEN, shape_of_fall
from csat.alarms.states import follow_drift, follow_levels, follow_scores, follow_sources

RULES = {"max_rate": 0.05, "false_share": 0.2}


def scores(days: int = 300) -> np.ndarray:
    noise = np.random.default_rng(1).standard_normal((3, days + 1)) * 0.3
    return np.diff(noise, axis=1)


def test_fall_of_a_score_is_found_within_a_week_once() -> None:
    changes = scores()
    changes[1, 200:203] -= 8 / 3
    (found,) = follow_scores(changes, range(60, 300), smallest_fall=2, **RULES)
    assert found.series == 1
    assert 200 <= found.opened <= 206
    assert found.after == pytest.approx(changes[1, found.opened - 6 : found.opened + 1].sum())


def test_score_alarm_is_over_when_half_is_made_up_for() -> None:
    changes = scores()
    changes[1, 200:203] -= 8 / 3
    changes[1, 230] += 8
    (found,) = follow_scores(changes, range(60, 300), smallest_fall=2, **RULES)
    assert (found.ending, found.closed) == (RECOVERED, 230)


def test_small_fall_of_a_calm_score_is_none() -> None:
    changes = scores() / 20
    changes[1, 200:203] -= 0.5
    assert follow_scores(changes, range(60, 300), smallest_fall=2, **RULES) == []


def test_days_that_are_not_known_open_nothing() -> None:
    changes = scores()
    changes[:, :250] = np.nan
    changes[1, 260:263] -= 8 / 3
    assert follow_scores(changes, range(60, 300), smallest_fall=2, **RULES) == []


def test_level_surely_below_its_limit() -> None:
    estimates = np.full((2, 60), 55.0)
    errors = np.full((2, 60), 1.5)
    estimates[0, 20:40] = 44.0
    estimates[0, 30:32] = 49.5
    (found,) = follow_levels(estimates, errors, 50.0, range(60), **RULES)
    assert (found.series, found.opened, found.closed) == (0, 20, 40)


def test_level_that_may_be_above_its_limit_is_none() -> None:
    assert (
        follow_levels(np.full((1, 60), 47.0), np.full((1, 60), 1.5), 50.0, range(60), **RULES) == []
    )


def test_table_that_falls_silent_and_comes_back() -> None:
    rows = np.full((2, 120), 40.0)
    rows[1, 80:90] = 0
    (found,) = follow_sources(rows, range(120))
    assert (found.series, found.opened) == (1, 81)
    assert 91 <= found.closed <= 98


def test_table_that_is_silent_every_weekend_is_not() -> None:
    rows = np.where(np.arange(120) % 7 < 5, 40.0, 0.0)[None, :]
    assert follow_sources(rows, range(120)) == []


def test_table_that_brings_a_third_of_its_rows() -> None:
    rows = np.full((1, 120), 40.0)
    rows[0, 80:] = 12
    (found,) = follow_sources(rows, range(120))
    assert 83 <= found.opened <= 87
    assert found.closed is None


def test_drift_opens_and_settles_at_different_shares() -> None:
    shares = np.array([0.1, 0.2, 0.3, 0.2, np.nan, 0.2, 0.1, 0.2])
    (found,) = follow_drift(shares, range(8))
    assert (found.opened, found.closed) == (2, 6)


@pytest.mark.parametrize(("kind", "ago"), [(SUDDEN, 35), (SLOW, 91)])
def test_shape_and_beginning_of_a_fall(kind: str, ago: int) -> None:
    days = 600
    since = np.maximum(np.arange(days) - (days - ago) + 1, 0)
    fall = np.where(since > 0, 1.0, 0.0) if kind == SUDDEN else since / ago
    counts = np.full(days, 200)
    noise = np.random.default_rng(1).standard_normal(days) * 3
    found, began = shape_of_fall(counts, counts * (0.75 - 0.15 * fall) + noise)
    assert found == kind
    assert abs(began - ago) <= 14
