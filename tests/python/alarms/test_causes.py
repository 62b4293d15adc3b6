"""One alarm per cause: what explains what, and which entity is named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csat.alarms.causes import explained_shares, narrowest

#: all, region:east (a tenth of it), part:east-1 (a quarter of that), part:west-1 elsewhere.
SHARES = np.array(
    [
        [1.0, 0.1, 0.025, 0.025],
        [1.0, 1.0, 0.25, 0.0],
        [1.0, 1.0, 1.0, 0.0],
        [1.0, 0.0, 0.0, 1.0],
    ]
)


def explained(*falls: float) -> np.ndarray:
    return explained_shares(np.tile(falls, (4, 1)), np.arange(4), SHARES)


def test_region_that_falls_explains_the_whole_and_its_parts_and_nothing_else() -> None:
    found = explained(-1.2, -12.0, -13.0, -15.0)
    assert found[0, 1] == pytest.approx(1.0)
    assert found[2, 1] == pytest.approx(12 / 13)
    assert found[1, 0] == pytest.approx(0.1), "the whole falls by too little for the region"
    assert found[1, 2] == pytest.approx(0.25 * 13 / 12), "one part of four is not the region"
    assert found[3, 0] == pytest.approx(0.08), "nor does the whole explain what falls elsewhere"
    assert found[3, 1] == 0
    np.testing.assert_array_equal(np.diag(found), 0)


def test_whole_that_falls_explains_a_region_that_looks_worse_by_chance() -> None:
    assert explained(-6.0, -9.0, -6.0, -6.0)[1, 0] == pytest.approx(2 / 3)


def test_what_rises_or_is_not_known_explains_nothing_and_is_not_explained() -> None:
    found = explained(1.2, -12.0, np.nan, -15.0)
    np.testing.assert_array_equal(found[:, [0, 2]], 0)
    np.testing.assert_array_equal(found[[0, 2]], 0)


def test_smallest_entity_that_accounts_for_the_loss() -> None:
    losses = {"all": (1000.0, 2.0), "region": (200.0, 9.0), "part": (50.0, 10.0)}
    assert narrowest(losses) == "region"


@settings(deadline=None)
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=3),
        st.tuples(st.floats(1, 1e4), st.floats(0.1, 50)),
        min_size=1,
        max_size=6,
    )
)
def test_narrowest_accounts_for_most_and_is_the_smallest_that_does(losses: dict) -> None:
    most = max(size * fall for size, fall in losses.values())
    size, fall = losses[narrowest(losses)]
    assert size * fall >= 0.7 * most
    assert all(size <= other for other, lost in losses.values() if other * lost >= 0.7 * most)
