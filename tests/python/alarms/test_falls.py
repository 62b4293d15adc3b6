"""Falls of answers: identities of the statistic, and the rate of false alarms that it states."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gamma, norm

from csat.alarms.episodes import follow
from csat.alarms.falls import (
    DAYS_OF_A_YEAR,
    REFERENCE_DAYS,
    SHARES,
    WINDOWS,
    Daily,
    Noise,
    _without_skewness,
    episodes_per_year,
    find_falls,
    fit_noise,
)
from csat.alarms.watch import Watch

PAST = REFERENCE_DAYS + WINDOWS[-1]


def answers(random: np.random.Generator, series: int, days: int, rate: float = 8.0) -> Daily:
    """Draw answers of which three of four are satisfied, as the model expects."""
    counts = random.poisson(rate, (series, days))
    yes = random.binomial(counts, 0.75)
    sums = [yes * 0.25**power + (counts - yes) * (-0.75) ** power for power in (1, 2, 3)]
    return Daily(counts, *sums)


def test_shares_are_a_whole() -> None:
    assert sum(SHARES) == pytest.approx(1)
    assert all(window % 7 == 0 for window in (*WINDOWS, REFERENCE_DAYS))


def test_difference_and_score_are_those_of_two_means() -> None:
    daily = answers(np.random.default_rng(1), 3, PAST + 5)
    found = find_falls(daily, Noise(), first_day=PAST)

    for place, window in enumerate(WINDOWS):
        end = PAST + 1
        recent, before = (
            slice(end - window, end),
            slice(end - window - REFERENCE_DAYS, end - window),
        )
        n, n_before = daily.counts[1, recent].sum(), daily.counts[1, before].sum()
        mean = daily.sums[1, before].sum() / n_before
        variance = daily.squares[1, before].sum() / n_before - mean**2
        third = (
            daily.cubes[1, before].sum() / n_before
            - 3 * mean * daily.squares[1, before].sum() / n_before
            + 2 * mean**3
        )
        difference = daily.sums[1, recent].sum() / n - mean
        assert found.difference[1, 0, place] == pytest.approx(difference)
        assert found.window_variance[1, 0, place] == pytest.approx(
            variance / n * np.exp(0), rel=1e-9
        )
        known = third**2 / variance**3 / n_before
        total = variance * (1 / n + 1 / n_before) * np.exp(known * 3.3**2 / 4)
        skewness = third * (1 / n**2 - 1 / n_before**2) / total**1.5
        expected = _without_skewness(np.array(difference / np.sqrt(total)), np.array(skewness))
        assert found.score[1, 0, place] == pytest.approx(float(expected))


@settings(deadline=None)
@given(skewness=st.floats(-0.3, 0.3), quantile=st.floats(1e-5, 0.5))
def test_score_of_a_gamma_variable_is_normal(skewness: float, quantile: float) -> None:
    if abs(skewness) < 1e-3:
        return
    shape = 4 / skewness**2
    at = quantile if skewness > 0 else 1 - quantile
    z = np.sign(skewness) * (gamma.ppf(at, shape) - shape) / np.sqrt(shape)
    assert _without_skewness(np.array(z), np.array(skewness)) == pytest.approx(
        norm.ppf(quantile), abs=0.02
    )


def test_score_knows_nothing_of_later_days() -> None:
    daily = answers(np.random.default_rng(2), 4, PAST + 40)
    whole = find_falls(daily, Noise(1.1, 0.001, 0.4), first_day=PAST)
    cut = find_falls(
        daily.take(slice(None), slice(0, PAST + 20)), Noise(1.1, 0.001, 0.4), first_day=PAST
    )
    np.testing.assert_array_equal(whole.score[:, :20], cut.score)


@settings(max_examples=30, deadline=None)
@given(shift=st.floats(-0.2, 0.2), seed=st.integers(0, 1000))
def test_level_does_not_matter_to_a_change(shift: float, seed: int) -> None:
    daily = answers(np.random.default_rng(seed), 2, PAST + 3)
    n, y, y2, y3 = daily.counts, daily.sums, daily.squares, daily.cubes
    moved = Daily(
        n,
        y + n * shift,
        y2 + 2 * shift * y + n * shift**2,
        y3 + 3 * shift * y2 + 3 * shift**2 * y + n * shift**3,
    )
    found = find_falls(moved, Noise(), first_day=PAST).score
    np.testing.assert_allclose(
        found, find_falls(daily, Noise(), first_day=PAST).score, rtol=1e-6, atol=1e-8
    )


def test_weekly_rhythm_is_no_fall() -> None:
    days = PAST + 28
    counts = np.full((1, days), 100)
    satisfied = np.where(np.arange(days) % 7 < 5, 80, 40)[None, :]
    daily = Daily(counts, *([satisfied] * 3))
    assert np.abs(find_falls(daily, Noise(), first_day=PAST).difference).max() < 1e-12


def test_few_answers_say_nothing() -> None:
    daily = answers(np.random.default_rng(3), 5, PAST + 3, rate=0.02)
    found = find_falls(daily, Noise(), first_day=PAST)
    assert np.isnan(found.score).all()
    assert np.isinf(found.rate_of_any).all()


def test_no_answers_at_all() -> None:
    none = np.zeros((2, PAST + 3))
    found = find_falls(Daily(none, none, none, none), Noise(), first_day=PAST)
    assert np.isinf(found.rate_of_any).all()


def test_variance_of_a_sum_is_that_of_its_covariances() -> None:
    noise = Noise(overdispersion=1.2, day_variance=0.003, day_correlation=0.6)
    days, n = 14, 5.0
    lags = np.abs(np.subtract.outer(np.arange(days), np.arange(days)))
    expected = 1.2 * days * n * 0.2 + (0.003 * 0.6**lags * n * n).sum()
    found = noise.of_sum(np.array([[days * n * 0.2]]), np.array([[days * n * n]]), np.array(days))
    assert found.item() == pytest.approx(expected)


def test_noise_is_recovered() -> None:
    random = np.random.default_rng(4)
    series, days, std, correlation = 300, 800, 0.05, 0.6
    common = np.zeros((series, days))
    for day in range(1, days):
        common[:, day] = correlation * common[:, day - 1] + np.sqrt(
            1 - correlation**2
        ) * random.standard_normal(series)
    counts = random.poisson(20, (series, days))
    yes = random.binomial(counts, np.clip(0.7 + std * common, 0, 1))
    noise = fit_noise(Daily(counts, yes, yes, yes))
    assert np.sqrt(noise.day_variance) == pytest.approx(std, rel=0.05)
    assert noise.day_correlation == pytest.approx(correlation, abs=0.05)
    assert noise.overdispersion == pytest.approx(1, abs=0.02)
    assert np.asarray(noise.spread) == pytest.approx(1, abs=0.1)


def test_series_that_varies_more_has_more_spread() -> None:
    random = np.random.default_rng(5)
    counts = random.poisson(20, (60, 800))
    share = np.full(counts.shape, 0.7)
    share[:10] += 0.15 * random.standard_normal((10, 800))
    yes = random.binomial(counts, np.clip(share, 0, 1))
    spread = np.asarray(fit_noise(Daily(counts, yes, yes, yes)).spread)
    assert spread[:10].min() > spread[10:].max()


@pytest.mark.parametrize("window", WINDOWS)
def test_rate_is_that_of_independent_normal_days(window: int) -> None:
    random = np.random.default_rng(6)
    series, days, level = 150, 3000, 3.0
    running = np.cumsum(random.standard_normal((series, PAST + days)), axis=1)
    end = np.arange(PAST, PAST + days)
    recent = running[:, end] - running[:, end - window]
    before = running[:, end - window] - running[:, end - window - REFERENCE_DAYS]
    score = (recent / window - before / REFERENCE_DAYS) / np.sqrt(1 / window + 1 / REFERENCE_DAYS)
    episodes = 0
    for row in score < -level:
        exceeding = np.flatnonzero(row)
        episodes += len(exceeding) and 1 + int((np.diff(exceeding) > 30).sum())
    expected = episodes_per_year(np.array(level), window, np.array(REFERENCE_DAYS))
    expected = float(expected) * series * days / DAYS_OF_A_YEAR
    assert episodes == pytest.approx(expected, rel=0.12 + 3 / np.sqrt(expected))


def test_stated_rate_holds_for_all_windows_together() -> None:
    random = np.random.default_rng(7)
    series, days = 200, 3650
    found = 0
    for _ in range(2):
        draws = random.standard_normal((series, PAST + days)) * 10
        full = np.full(draws.shape, 100.0)
        daily = Daily(full, draws, full, np.zeros(draws.shape))
        watch = Watch(daily, noise=Noise(), refit_days=days)
        found += len(follow(watch, PAST, max_rate=0.05, false_share=None))
    expected = 2 * 0.05 * series * days / DAYS_OF_A_YEAR
    assert found == pytest.approx(expected, rel=0.2)
