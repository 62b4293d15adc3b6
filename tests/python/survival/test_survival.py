"""Survival curves and hazard ratios, against published figures and known truth."""

from __future__ import annotations

import numpy as np
import pytest

from csat.survival import SurvivalError, hazard_ratios, survival_curve

#: Weeks of remission of 42 patients with leukaemia (Freireich and others 1963): on 6-MP, on
#: placebo, and whether the remission had ended by then.
TREATED = np.array([6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35])
ENDED = np.array([1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0])
PLACEBO = np.array([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23])


def counts(time: np.ndarray, ended: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    moments = np.unique(time[ended == 1])
    at_risk = np.array([(time >= moment).sum() for moment in moments])
    left = np.array([((time == moment) & (ended == 1)).sum() for moment in moments])
    return moments, at_risk, left


def test_curve_of_published_data():
    """Kleinbaum and Klein (2012), table 2.4: S and Greenwood's standard errors."""
    moments, at_risk, left = counts(TREATED, ENDED)
    assert moments.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    found = survival_curve(at_risk, left)
    np.testing.assert_allclose(
        found.survival, [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482], atol=5e-5
    )
    np.testing.assert_allclose(
        found.std_error, [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346], atol=5e-5
    )
    assert found.median(moments) == 23
    # On the scale of log(-log S), as by R's survfit with conf.type = "log-log": week 6.
    assert (found.conf_low[0], found.conf_high[0]) == pytest.approx((0.620, 0.952), abs=5e-4)


def test_hazard_ratio_of_published_data():
    """By Breslow's ties: β = 1.509, standard error 0.410, ratio 4.52 (Cox 1972's example)."""
    time = np.concatenate([TREATED, PLACEBO])
    ended = np.concatenate([ENDED, np.ones(21, dtype=int)])
    is_placebo = np.repeat([0, 1], 21)
    cells = []
    for moment in np.unique(time[ended == 1]):
        for group in (0, 1):
            own = is_placebo == group
            cells.append(
                (
                    moment,
                    group,
                    (own & (time >= moment)).sum(),
                    (own & (time == moment) & (ended == 1)).sum(),
                )
            )
    found = hazard_ratios(*np.array(cells).T)
    assert found.log_ratio[0] == pytest.approx(1.5092, abs=5e-4)
    assert found.std_error[0] == pytest.approx(0.4096, abs=5e-4)
    assert found.ratio[0] == pytest.approx(4.52, abs=5e-3)
    assert found.left == 30


def test_cells_may_be_split_or_merged():
    """Customers one by one say the same as customers counted together."""
    random = np.random.default_rng(1)
    score = random.integers(0, 5, 600) / 2
    week = np.repeat(np.arange(3), 200)
    left = random.random(600) < 0.1 * np.exp(-score)
    alone = hazard_ratios(week, score, np.ones(600), left)
    cells = np.array(
        [
            (w, x, of.sum(), left[of].sum())
            for w in range(3)
            for x in np.unique(score)
            if (of := (week == w) & (score == x)).any()
        ]
    )
    together = hazard_ratios(*cells.T)
    assert together.log_ratio == pytest.approx(alone.log_ratio)
    assert together.std_error == pytest.approx(alone.std_error)


def test_ratios_hold_the_truth_where_the_hazard_moves_over_time():
    """200 companies of 4,000 customers, 26 weeks, 1.30 per 10 points, a season that doubles it."""
    held, logs = [], []
    for seed in range(200):
        random = np.random.default_rng(seed)
        score = random.normal(70, 10, 4_000)
        is_there = np.ones(4_000, dtype=bool)
        cells = []
        for week in range(26):
            hazard = 0.002 * (1 + (week > 12)) * 1.3 ** ((70 - score) / 10)
            leaves = is_there & (random.random(4_000) < hazard)
            rounded = np.round(score * 2) / 2
            for value in np.unique(rounded):
                own = is_there & (rounded == value)
                cells.append((week, value / 10, own.sum(), (leaves & own).sum()))
            is_there &= ~leaves
        found = hazard_ratios(*np.array(cells).T)
        held.append(found.conf_low[0] <= 1 / 1.3 <= found.conf_high[0])
        logs.append(found.log_ratio[0])
    assert 0.90 <= np.mean(held) <= 0.99
    assert np.mean(logs) == pytest.approx(-np.log(1.3), abs=0.02)


def test_intervals_of_curves_hold_the_truth():
    """Of 120 customers, a third censored, log-log intervals at three moments hold 0.8, 0.6, 0.4."""
    times = -np.log([0.8, 0.6, 0.4])
    held = []
    for seed in range(400):
        random = np.random.default_rng(seed)
        leaves, censored = random.exponential(1, 120), random.exponential(2, 120)
        time, ended = np.minimum(leaves, censored), leaves <= censored
        moments, at_risk, left = counts(time, ended.astype(int))
        found = survival_curve(at_risk, left)
        for moment, truth in zip(times, (0.8, 0.6, 0.4), strict=True):
            place = np.searchsorted(moments, moment, side="right") - 1
            held.append(found.conf_low[place] <= truth <= found.conf_high[place])
    assert 0.93 <= np.mean(held) <= 0.97


def test_nobody_leaving_and_everybody_leaving_have_ends():
    found = survival_curve([50, 50, 50], [0, 0, 50])
    assert found.survival.tolist() == [1, 1, 0]
    # All of 50 stay with probability 0.025 where each stays with 0.9289.
    assert found.conf_low[0] == pytest.approx(0.025 ** (1 / 50))
    assert (found.conf_high[0], found.conf_low[2], found.conf_high[2]) == (1, 0, 1)
    assert np.isnan(found.std_error[2])
    assert len(survival_curve([], []).survival) == 0
    assert survival_curve([0.0], [0.0]).conf_low[0] == 0


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ([(1, 0.0, 10, 0), (1, 1.0, 10, 0)], "Nobody left"),
        ([(1, 1.0, 10, 2), (2, 1.0, 10, 1)], "were alike"),
        ([(1, 0.0, 10, 0), (1, 1.0, 10, 3), (2, 0.0, 9, 0), (2, 1.0, 7, 3)], "Too few left"),
    ],
)
def test_where_nothing_can_be_told_a_reason_is(cells, reason):
    found = hazard_ratios(*np.array(cells).T)
    assert reason in found.reason
    assert np.isnan(found.ratio).all()


def test_counts_that_cannot_be_are_refused():
    with pytest.raises(SurvivalError, match="More leave"):
        survival_curve([3], [4])
    with pytest.raises(SurvivalError, match="More leave"):
        hazard_ratios([1], [0.0], [3], [4])
    with pytest.raises(SurvivalError, match="one of each"):
        survival_curve([3, 2], [1])
    with pytest.raises(SurvivalError, match="differ in number"):
        hazard_ratios([1], [0.0, 1.0], [3], [1])
