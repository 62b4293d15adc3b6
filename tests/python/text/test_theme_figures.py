"""Figures of themes by their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from csat.text.figures import Share, difference_of, share_of, theme_figures


def test_interval_of_a_difference_is_as_published() -> None:
    """Newcombe (1998), method 10: 56 of 70 against 48 of 80."""
    first, second = (share_of(np.arange(n) < k) for k, n in ((56, 70), (48, 80)))
    found = difference_of(first, second)
    assert found.estimate == pytest.approx(20)
    assert found.conf_low == pytest.approx(5.24, abs=0.005)
    assert found.conf_high == pytest.approx(33.39, abs=0.005)


def test_interval_ends_at_the_share_of_all_or_none() -> None:
    for n in range(1, 300):
        assert share_of(np.zeros(n, dtype=bool)).conf_low == 0
        assert share_of(np.ones(n, dtype=bool)).conf_high == 100


def test_effect_is_what_the_total_would_gain() -> None:
    random = np.random.default_rng(1)
    about, satisfied = random.random(300) < 0.2, random.random(300) < 0.7
    satisfied = np.where(about, random.random(300) < 0.4, satisfied).astype(float)
    satisfied[random.random(300) < 0.1] = np.nan
    silent = random.random(500) < 0.8
    found = theme_figures(about, satisfied, np.zeros(300, dtype=bool), 500 + np.sum(satisfied >= 0))
    others = np.nanmean(satisfied[~about])
    asked = satisfied[~np.isnan(satisfied)]
    instead = np.where(about, others, satisfied)[~np.isnan(satisfied)]
    total, without = (100 * np.mean(np.r_[given, silent]) for given in (asked, instead))
    assert found.effect_on_total.estimate == pytest.approx(total - without)
    assert found.effect_on_total.conf_low < found.effect_on_total.estimate
    assert found.csat.n == np.sum(about & (satisfied >= 0))


def test_a_theme_that_grows_is_told_from_one_that_stays() -> None:
    recent = np.arange(400) < 100
    grows = np.where(recent, np.arange(400) % 2 == 0, np.arange(400) % 10 == 0)
    found = theme_figures(grows, np.ones(400), recent, 400)
    assert (found.recent.estimate, found.before.estimate) == (50, 10)
    assert found.change.conf_low > 0
    assert found.change_p_value < 1e-10
    stays = theme_figures(np.arange(400) % 4 == 0, np.ones(400), recent, 400)
    assert stays.change.estimate == 0
    assert stays.change_p_value == 1


def test_missing_sides_say_nothing() -> None:
    none, nan = np.zeros(5, dtype=bool), np.full(5, np.nan)
    found = theme_figures(none, nan, none, 0)
    assert found.csat == Share(0, None, None, None)
    assert found.difference.estimate is None
    assert found.effect_on_total.conf_low is None
    assert found.change_p_value is None
