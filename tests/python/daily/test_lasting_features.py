"""Each customer and day finds the row of each source that holds then."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from csat.daily import LastingFeatures, Registry
from csat.model.tables import Axis

FIRST_DAY = datetime(2026, 3, 1)
LATER = datetime(9999, 12, 31)
#: 3 days and 1 second, as the engine divides it.
AGE = 259_201 / 86_400
REGISTRY = Registry(
    features=(),
    drivers={},
    families={},
    sources={"calls": "contacts", "age": "contacts", "topic": "contacts", "outages": "regions"},
    counting_days=frozenset({"age"}),
)


def at(day: int) -> datetime:
    """Return a midnight."""
    return FIRST_DAY + timedelta(days=day)


def row(customer: str | None, first: int, until: int | None, **features: object) -> dict:
    """Return what is told of a customer."""
    ends = LATER if until is None else at(until)
    return {"customer_id": customer, "as_of_at": at(first), "until_at": ends, **features}


@pytest.fixture
def lasting() -> LastingFeatures:
    """Customers A, B and C on four days, in another order than their rows."""
    moments = [
        {"customer_id": customer, "region": region, "as_of_at": at(day)}
        for day in (2, 0, 3, 1)
        for customer, region in (("C", None), ("A", "north"), ("B", "south"))
    ]
    contacts = [
        row("B", 1, 3, calls=2, age=AGE, topic="bill"),
        row(None, 0, None, calls=0, age=None, topic=None),
        row("A", 2, 3, calls=9, age=0.5, topic=None),
        # Whom nobody asks for.
        row("AA", 0, None, calls=7, age=1.0, topic="other"),
        row("A", 0, 2, calls=1, age=0.25, topic="meter"),
        row("A", 3, None, calls=4, age=None, topic="move"),
    ]
    nobody = {"customer_id": None, "region": None}
    regions = [
        {
            "customer_id": None,
            "region": "north",
            "as_of_at": at(1),
            "until_at": at(2),
            "outages": 3,
        },
        {**nobody, "as_of_at": at(0), "until_at": LATER, "outages": 0},
    ]
    schema = pa.schema(
        [
            ("customer_id", pa.string()),
            ("region", pa.string()),
            ("as_of_at", pa.timestamp("us")),
            ("until_at", pa.timestamp("us")),
        ]
    )
    told = {
        "contacts": pa.Table.from_pylist(
            contacts,
            pa.schema(
                [*schema, ("calls", pa.int64()), ("age", pa.float64()), ("topic", pa.string())]
            ),
        ),
        "regions": pa.Table.from_pylist(regions, pa.schema([*schema, ("outages", pa.int64())])),
    }
    # Of north's outages nothing is known before the second day.
    starts = {"outages": (at(1) - datetime(1970, 1, 1)).days, "calls": 0}
    moments = pa.Table.from_pylist(moments, schema.remove(3))
    return LastingFeatures(moments, told, REGISTRY, starts)


def by_customer(lasting: LastingFeatures, feature: str) -> dict[str, list]:
    """Return a feature of each customer by day."""
    values = lasting.column(feature).to_pylist()
    by_day = {day: values[3 * place : 3 * place + 3] for place, day in enumerate((2, 0, 3, 1))}
    return {
        name: [by_day[day][place] for day in range(4)] for place, name in enumerate(("C", "A", "B"))
    }


def test_a_row_holds_from_its_midnight_until_before_its_end(lasting: LastingFeatures) -> None:
    assert by_customer(lasting, "calls") == {"A": [1, 1, 9, 4], "B": [0, 2, 2, 0], "C": [0] * 4}
    assert by_customer(lasting, "topic") == {
        "A": ["meter", "meter", None, "move"],
        "B": [None, "bill", "bill", None],
        "C": [None] * 4,
    }


def test_a_region_tells_of_all_its_customers(lasting: LastingFeatures) -> None:
    """And before its window lies within what is recorded it is unknown, not 0."""
    nothing = [None, 0, 0, 0]
    assert by_customer(lasting, "outages") == {"A": [None, 3, 0, 0], "B": nothing, "C": nothing}


def test_days_since_something_are_one_more_with_every_day(lasting: LastingFeatures) -> None:
    ages = by_customer(lasting, "age")
    assert ages["A"] == [0.25, 1.25, 0.5, None]
    assert ages["B"] == [None, AGE, (259_201 + 86_400) / 86_400, None]


@pytest.mark.parametrize(
    "axis",
    [
        Axis("calls", "numeric", cuts=np.array([1.0, 3.0])),
        Axis("age", "numeric", cuts=np.array([0.4, 1.25, AGE])),
        Axis("topic", "categorical", categories=("bill", "move")),
        Axis("outages", "numeric", cuts=np.array([2.0])),
    ],
)
def test_bins_are_those_of_the_values(lasting: LastingFeatures, axis: Axis) -> None:
    of_values = axis.bin_numbers(pa.table({axis.feature: lasting.column(axis.feature)}))
    assert len(set(of_values)) > 1
    some = slice(4, 11)
    assert np.array_equal(lasting.bins_at(slice(0, 12))(axis), of_values)
    assert np.array_equal(lasting.bins_at(some)(axis), of_values[some])
