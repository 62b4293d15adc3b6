"""Shapes in points are what single customers have, added up cell by cell."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from worlds import FEATURES, features_of

from csat.model import ModelError, TrainedModel, driver_points, score, term_shapes

CUSTOMERS = 3000


@pytest.fixture(scope="module", params=["smooth_model", "pair_model"])
def model(request: pytest.FixtureRequest) -> TrainedModel:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def customers() -> pa.Table:
    return features_of(np.random.default_rng(8), CUSTOMERS)


def test_points_of_a_cell_are_the_mean_of_its_customers(
    model: TrainedModel, customers: pa.Table
) -> None:
    scores = score(model, customers)
    exact = driver_points(scores.logit, scores.contributions)
    shapes = term_shapes(model, lambda: customers.to_batches(max_chunksize=700))
    assert [shape.term.name for shape in shapes] == [
        term.name for term in model.summands if not term.is_flat
    ]
    for shape in shapes:
        (of_term,) = exact.points[:, [scores.terms.index(shape.term.name)]].T
        cells = np.zeros(CUSTOMERS, dtype=int)
        for axis in shape.term.axes:
            cells = cells * axis.bins + axis.bin_numbers(customers)
        for cell in np.unique(cells):
            assert shape.customers[cell] == np.sum(cells == cell)
            assert shape.points[cell] == pytest.approx(of_term[cells == cell].mean(), abs=1e-6)
        assert shape.customers.sum() == CUSTOMERS
        assert shape.customers @ shape.points / CUSTOMERS == pytest.approx(0, abs=1e-9)
        assert shape.mean_points == pytest.approx(np.abs(of_term).mean(), abs=1e-6)


def test_bands_hold_the_points_and_have_width(model: TrainedModel, customers: pa.Table) -> None:
    for shape in term_shapes(model, customers.to_batches):
        assert np.all(shape.lower <= shape.points)
        assert np.all(shape.points <= shape.upper)
        assert np.max(shape.upper - shape.lower) > 0


def test_order_of_rows_and_batches_does_not_matter(
    model: TrainedModel, customers: pa.Table
) -> None:
    turned = customers.take(np.random.default_rng(2).permutation(CUSTOMERS))
    for one, other in zip(
        term_shapes(model, customers.to_batches),
        term_shapes(model, lambda: turned.to_batches(max_chunksize=311)),
        strict=True,
    ):
        np.testing.assert_array_equal(one.points, other.points)
        np.testing.assert_array_equal(one.upper, other.upper)


def test_a_cell_without_customers_is_told_too(smooth_model: TrainedModel) -> None:
    table = features_of(np.random.default_rng(8), 50)
    shapes = term_shapes(smooth_model, table.to_batches)
    assert any(np.any(shape.customers == 0) for shape in shapes)
    assert all(np.all(np.isfinite(shape.points)) for shape in shapes)


def test_shapes_keep_the_direction_of_the_registry(smooth_model: TrainedModel) -> None:
    directions = {feature.name: feature.direction for feature in FEATURES}
    table = features_of(np.random.default_rng(8), CUSTOMERS)
    for shape in term_shapes(smooth_model, table.to_batches):
        direction = directions[shape.term.name]
        if direction:
            # Beside the missing bin; cells differ a little in slope, the sign of a step does not.
            steps = np.diff(shape.term.contributions[1:]) * direction
            assert np.all(steps >= 0)
            reached = shape.customers[1:] > 0
            ends = shape.points[1:][reached][[0, -1]]
            assert (ends[1] - ends[0]) * direction >= 0


def test_shapes_need_customers(smooth_model: TrainedModel) -> None:
    with pytest.raises(ModelError, match="no customers"):
        term_shapes(smooth_model, list)
