"""One alarm per cause: what explains what, and which entity is named."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from csat.alarms.causes import Member, Sums, cause, is_explained, narrowest


def test_whole_is_explained_by_the_part_that_falls() -> None:
    whole = Sums(1000, -60.0, 5000, 0.0)
    assert is_explained(whole, Sums(900, 0.0, 4500, 0.0), 0.19)
    assert not is_explained(whole, Sums(900, -54.0, 4500, 0.0), 0.19)


def test_part_within_the_other_is_explained() -> None:
    assert is_explained(Sums(100, -20.0, 500, 0.0), Sums(), 0.19)


def test_what_does_not_fall_is_not_explained() -> None:
    assert not is_explained(Sums(100, 1.0, 500, 0.0), Sums(), 0.19)


def test_most_specific_of_nested_entities_is_named() -> None:
    # The part falls: region and all are explained by it, and it lies in both.
    members = [
        Member("all", 1000, frozenset({"region", "part"})),
        Member("region", 100, frozenset({"all", "part"})),
        Member("part", 25, frozenset({"all", "region"})),
    ]
    assert cause(members) == "part"


def test_region_is_named_where_all_its_parts_fall() -> None:
    members = [
        Member("all", 1000, frozenset({"region", "part"})),
        Member("region", 100, frozenset({"all", "part"})),
        Member("part", 25, frozenset()),
    ]
    assert cause(members) == "region"


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
