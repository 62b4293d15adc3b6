"""Scores with a lever are those of the changed row, and the best pair is the best of all."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from worlds import FEATURES, features_of

from csat.model import LeverScores, ModelError, TrainedModel, score, score_levers

CUSTOMERS = 800
DIRECTIONS = {feature.name: feature.direction for feature in FEATURES}


@pytest.fixture(scope="module", params=["smooth_model", "pair_model"])
def model(request: pytest.FixtureRequest) -> TrainedModel:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def customers() -> pa.Table:
    return features_of(np.random.default_rng(5), CUSTOMERS)


def at_most(table: pa.Table, feature: str, target: float) -> pa.ChunkedArray:
    """Return a feature's values brought down to a target; missing ones stay missing."""
    values = pc.cast(table[feature], pa.float64())
    return pc.if_else(pc.fill_null(pc.greater(values, target), False), target, values)


def at_least(table: pa.Table, feature: str, target: float) -> pa.ChunkedArray:
    values = pc.cast(table[feature], pa.float64())
    return pc.if_else(pc.fill_null(pc.less(values, target), False), target, values)


@pytest.fixture(scope="module")
def levers(customers: pa.Table) -> list[dict[str, pa.ChunkedArray]]:
    """Four levers, one of which changes two features."""
    return [
        {"late_payments": at_most(customers, "late_payments", 0)},
        {
            "wait_seconds": at_most(customers, "wait_seconds", 60),
            "has_autopay": at_least(customers, "has_autopay", 1),
        },
        {"logins": at_least(customers, "logins", 9)},
        {"tenure_days": at_least(customers, "tenure_days", 2000)},
    ]


def changed(table: pa.Table, *levers: dict[str, pa.ChunkedArray]) -> pa.Table:
    for lever in levers:
        for feature, values in lever.items():
            place = table.column_names.index(feature)
            table = table.set_column(place, feature, values)
    return table


@pytest.fixture(scope="module")
def scores(model: TrainedModel, customers: pa.Table, levers: list) -> LeverScores:
    return score_levers(model, customers, levers)


def test_each_lever_scores_as_the_changed_row_does(
    model: TrainedModel, customers: pa.Table, levers: list, scores: LeverScores
) -> None:
    before = score(model, customers).probability
    for number, lever in enumerate(levers):
        afterwards = score(model, changed(customers, lever)).probability
        np.testing.assert_allclose(
            scores.gains[:, number], 100 * (afterwards - before), rtol=0, atol=1e-9
        )


def test_two_levers_score_as_the_row_with_both_changes(
    model: TrainedModel, customers: pa.Table, levers: list, scores: LeverScores
) -> None:
    for first, second in combinations(range(len(levers)), 2):
        afterwards = score(model, changed(customers, levers[first], levers[second])).logit
        together = scores.logit + scores.change_of_two(first, second)
        np.testing.assert_allclose(together, afterwards, rtol=0, atol=1e-9)


def test_levers_that_share_a_pair_of_features_do_not_add_up(
    pair_model: TrainedModel, customers: pa.Table
) -> None:
    """The pair must be one of two numbers, or there is nothing that both levers could touch."""
    numeric = [
        term
        for term in pair_model.summands
        if len(term.axes) == 2
        and not term.is_flat
        and all(axis.kind == "numeric" for axis in term.axes)
    ]
    first, second = (axis.feature for axis in numeric[0].axes)
    both = [
        {feature: at_least(customers, feature, float(np.nanmax(customers[feature].to_numpy())))}
        for feature in (first, second)
    ]
    found = score_levers(pair_model, customers, both)
    assert np.abs(found.joint_changes[0, 1]).max() > 1e-6
    afterwards = score(pair_model, changed(customers, *both)).logit
    np.testing.assert_allclose(found.logit + found.change_of_two(0, 1), afterwards, atol=1e-9)


def test_best_pair_is_the_best_of_all_that_apply(scores: LeverScores) -> None:
    first, second, gain = scores.best_two()
    assert (first >= 0).any()
    assert (first < 0).any()
    for row in range(CUSTOMERS):
        able = np.flatnonzero(scores.applies[row])
        gains = {
            pair: 100
            * (
                1 / (1 + np.exp(-scores.logit[row] - scores.change_of_two(*pair)[row]))
                - 1 / (1 + np.exp(-scores.logit[row]))
            )
            for pair in combinations(able.tolist(), 2)
        }
        if not gains:
            assert (first[row], second[row]) == (-1, -1)
            assert np.isnan(gain[row])
            continue
        assert gain[row] == pytest.approx(max(gains.values()), abs=1e-9)
        assert gains[first[row], second[row]] == pytest.approx(gain[row], abs=1e-9)


def test_a_lever_in_the_direction_of_the_registry_never_lowers_a_score(
    smooth_model: TrainedModel, customers: pa.Table, levers: list
) -> None:
    found = score_levers(smooth_model, customers, levers)
    for number, feature in ((0, "late_payments"), (3, "tenure_days")):
        assert DIRECTIONS[feature] != 0
        assert found.gains[:, number].min() >= 0
        assert found.gains[:, number].max() > 0


def test_a_lever_applies_where_it_changes_a_value(customers: pa.Table, scores: LeverScores) -> None:
    late = customers["late_payments"].fill_null(0).to_numpy()
    np.testing.assert_array_equal(scores.applies[:, 0], late > 0)
    assert np.all(scores.gains[~scores.applies] == 0)


def test_two_levers_do_not_change_the_same_feature(
    smooth_model: TrainedModel, customers: pa.Table
) -> None:
    lever = {"late_payments": at_most(customers, "late_payments", 0)}
    with pytest.raises(ModelError, match="Two levers change the feature late_payments"):
        score_levers(smooth_model, customers, [lever, lever])
