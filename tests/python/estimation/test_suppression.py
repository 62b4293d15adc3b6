"""Small cells are hidden so that nobody can subtract."""

from __future__ import annotations

import numpy as np
import pytest

from csat.estimation.suppression import suppress_conditions, suppress_partition


def test_large_cells_are_all_shown() -> None:
    found = suppress_partition([50, 900, 70], [5, 80, 6])
    assert not found.is_suppressed.any()
    assert found.reason.tolist() == [None] * 3
    assert found.group.tolist() == [0, 1, 2]
    assert found.groups == 3
    assert found.pooled_group is None


def test_two_small_cells_are_pooled() -> None:
    found = suppress_partition([30, 900, 40, 800, 300], [9, 80, 9, 4, 20])
    assert found.is_suppressed.tolist() == [True, False, True, True, False]
    assert found.reason[0] == "Fewer than 50 customers."
    assert found.reason[3] == "Fewer than 5 answers."
    assert found.group.tolist() == [2, 0, 2, 2, 1]
    assert found.pooled_group == 2
    assert found.groups == 3


def test_a_lone_cell_takes_the_next_smallest_with_it() -> None:
    found = suppress_partition([900, 30, 300, 200], [80, 9, 20, 20])
    assert found.is_suppressed.tolist() == [False, True, False, True]
    assert "subtraction" in found.reason[3]


def test_a_pool_that_is_too_small_takes_another() -> None:
    found = suppress_partition([900, 10, 20, 200], [80, 9, 20, 20])
    assert found.is_suppressed.tolist() == [False, True, True, True]


def test_cells_without_customers_hide_nobody() -> None:
    found = suppress_partition([0, 900, 700], [0, 80, 70])
    assert found.is_suppressed.tolist() == [True, False, False]
    assert found.pooled_group is None


def test_a_dimension_too_small_to_show_is_hidden_as_a_whole() -> None:
    found = suppress_partition([20, 15], [9, 9])
    assert found.is_suppressed.all()
    assert found.pooled_group is None
    assert suppress_partition([20, 900], [9, 90]).is_suppressed.all()


@pytest.mark.parametrize("seed", range(30))
def test_subtraction_never_tells_of_fewer_than_the_limit(seed: int) -> None:
    random = np.random.default_rng(seed)
    customers = random.geometric(0.01, 8) * random.integers(0, 2, 8)
    found = suppress_partition(customers, random.poisson(customers / 5))
    hidden = customers[found.is_suppressed]
    assert not 0 < hidden.sum() < 50 or found.is_suppressed.all()
    assert np.sum(hidden > 0) != 1 or found.is_suppressed.all()
    shown = ~found.is_suppressed
    assert (customers[shown] >= 50).all()
    assert len(set(found.group[shown])) == shown.sum()


def test_equal_sizes_are_hidden_by_position() -> None:
    found = suppress_partition([900, 200, 30, 200], [80, 20, 9, 20])
    assert found.is_suppressed.tolist() == [False, True, True, False]


def test_a_condition_that_nearly_all_meet_is_hidden() -> None:
    hidden, reason = suppress_conditions(
        [990, 1000, 500, 20, 100], [99, 99, 50, 9, 2], base_customers=1000
    )
    assert hidden.tolist() == [True, False, False, True, True]
    assert "outside" in reason[0]
    assert reason[1] is None
    assert reason[3] == "Fewer than 50 customers."
    assert reason[4] == "Fewer than 5 answers."


def test_no_cell_of_two_crossed_dimensions_stands_alone_in_a_margin() -> None:
    # Whoever knows the total of the north subtracts its one shown cell: 100 - 90 = 10.
    region = np.array(["north", "north", "south", "south", "south"])
    kind = np.array(["home", "firm", "home", "firm", "shop"])
    customers = np.array([90.0, 10.0, 300.0, 20.0, 80.0])
    answers = np.full(5, 50.0)
    loose = suppress_partition(customers, answers)
    assert loose.is_suppressed.tolist() == [False, True, False, True, True]
    found = suppress_partition(customers, answers, margins=(region, kind))
    assert found.is_suppressed.tolist() == [True, True, True, True, True]
    for margin in (region, kind):
        for value in np.unique(margin):
            hidden = found.is_suppressed & (margin == value)
            assert hidden.sum() != 1 or (margin == value).sum() == 1


def test_a_pool_with_too_few_answers_is_not_shown() -> None:
    found = suppress_partition(np.array([500.0, 40.0, 45.0]), np.array([90.0, 1.0, 2.0]))
    assert found.is_suppressed.tolist() == [False, True, True]
    assert found.pooled_group is None
