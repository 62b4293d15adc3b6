"""The state machine: opening once, lasting, closing, opening again, and going on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csat.alarms.episodes import (
    DISCOVERY_DAYS,
    NEW_LEVEL,
    NEW_LEVEL_DAYS,
    RECOVERED,
    discoveries,
    follow,
)
from csat.alarms.falls import (
    DAYS_OF_A_YEAR,
    REFERENCE_DAYS,
    WINDOWS,
    Daily,
)
from csat.alarms.watch import Watch

PAST = REFERENCE_DAYS + WINDOWS[-1]


def company(share: np.ndarray, rate: float = 40.0, seed: int = 1) -> Daily:
    """Draw answers with a share of satisfied per series and day."""
    random = np.random.default_rng(seed)
    counts = random.poisson(rate, share.shape)
    yes = random.binomial(counts, share)
    return Daily(counts, yes, yes, yes)


def episodes(daily: Daily, first: int = PAST, kept=(), until: int | None = None):
    daily = daily.take(slice(None), slice(0, until))
    return follow(Watch(daily, offset=3), first, max_rate=0.005, false_share=0.2, kept=kept)


def test_lasting_fall_is_one_alarm_until_it_is_the_new_level() -> None:
    share = np.full((1, PAST + 500), 0.75)
    share[:, PAST + 20 :] = 0.55
    found = episodes(company(share))
    assert len(found) == 1
    assert 0 <= found[0].opened - (PAST + 20) <= 14
    assert found[0].ending == NEW_LEVEL
    assert found[0].closed - found[0].opened == NEW_LEVEL_DAYS


def test_alarm_closes_when_the_level_is_back_and_a_second_fall_is_a_second_alarm() -> None:
    share = np.full((12, PAST + 300), 0.75)
    share[0, PAST + 20 : PAST + 60] = 0.55
    share[0, PAST + 150 : PAST + 190] = 0.50
    first, second = episodes(company(share))
    assert first.ending == second.ending == RECOVERED
    assert PAST + 60 <= first.closed <= PAST + 80
    assert PAST + 150 <= second.opened <= PAST + 165
    assert second.opened - second.window >= first.closed


def test_a_fall_that_looked_deeper_than_it_is_does_not_end() -> None:
    # It opens where it looks deepest: against the whole of that fall, the days after it would speak
    # for the old level. Half of it is what the old level has to be likelier than.
    share = np.full((60, PAST + 200), 0.75)
    share[:, PAST + 20 :] = 0.65
    found = episodes(company(share, rate=8.0))
    deeper = [each for each in found if each.before - each.after > 0.14]
    assert len(deeper) >= 10
    assert sum(each.ending == RECOVERED for each in found) <= 0.1 * len(found)


def nested(falls: list[float], seed: int = 1) -> list:
    """Follow a whole and its parts, equally large, that fall by so much from day 20 on."""
    share = np.full((len(falls), PAST + 200), 0.75)
    share[:, PAST + 20 :] -= np.array(falls)[:, None]
    parts = company(share, rate=20.0, seed=seed)
    daily = Daily(
        *(
            np.vstack([part.sum(axis=0), part])
            for part in (parts.counts, parts.sums, parts.squares, parts.cubes)
        )
    )
    within = np.eye(1 + len(falls))
    within[0, 1:], within[:, 0] = 1 / len(falls), 1.0
    return follow(
        Watch(daily),
        PAST,
        max_rate=0.005,
        false_share=0.2,
        shares=lambda day, series: within[np.ix_(series, series)],
    )


@pytest.mark.parametrize(
    ("falls", "cause"), [([0.1, 0.1, 0.1, 0.1], 0), ([0.0, 0.25, 0.0, 0.0], 2)]
)
def test_the_whole_and_its_parts_are_one_alarm_about_what_falls(
    falls: list[float], cause: int
) -> None:
    for seed in range(5):
        found = nested(falls, seed)
        assert len(found) >= 2
        assert {each.alarm for each in found} == {0}
        assert [each.is_discovery for each in found] == [True] + [False] * (len(found) - 1)
        assert found[-1].cause == cause
        assert found[-1].cause_score == min(each.cause_score for each in found)


def test_parts_that_fall_for_reasons_of_their_own_are_alarms_of_their_own() -> None:
    for seed in range(5):
        found = nested([0.3, 0.0, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0], seed)
        first = {each.series: each.alarm for each in reversed(found)}
        assert first[1] != first[3]


def test_rise_raises_no_alarm() -> None:
    share = np.full((3, PAST + 200), 0.6)
    share[:, PAST + 20 :] = 0.9
    assert episodes(company(share)) == []


@pytest.mark.parametrize("cut", [PAST + 10, PAST + 24, PAST + 40, PAST + 70, PAST + 180])
def test_going_on_from_what_is_kept_gives_the_same(cut: int) -> None:
    share = np.full((6, PAST + 300), 0.75)
    share[0, PAST + 20 : PAST + 60] = 0.55
    share[1, PAST + 30 :] = 0.60
    share[2, PAST + 90 : PAST + 140] = 0.50
    daily = company(share)
    whole = episodes(daily)
    kept = episodes(daily, until=cut)
    assert whole == episodes(daily, first=cut, kept=kept)
    # What was closed later is open on the day before, whatever has been written since.
    again = [
        replace(each, closed=None, ending=None)
        if each.closed is not None and each.closed >= cut
        else each
        for each in whole
        if each.opened < cut
    ]
    assert whole == episodes(daily, first=cut, kept=again)


@settings(deadline=None)
@given(
    rates=st.lists(st.floats(1e-9, 0.05), min_size=1, max_size=30),
    series=st.integers(1, 1000),
    recent=st.integers(0, 20),
    share=st.floats(0, 1),
)
def test_discoveries_are_the_largest_set_that_keeps_the_share(
    rates: list[float], series: int, recent: int, share: float
) -> None:
    rates = np.array(rates)
    chosen = discoveries(rates, series, recent, share)
    false_ones = np.sort(rates) * series * DISCOVERY_DAYS / DAYS_OF_A_YEAR
    sizes = [
        size for size in range(1, len(rates) + 1) if false_ones[size - 1] <= share * (recent + size)
    ]
    assert chosen.sum() == max(sizes, default=0)
    if chosen.any() and not chosen.all():
        assert rates[chosen].max() <= rates[~chosen].min()
