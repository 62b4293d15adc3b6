"""Groups that the effects of programs are told by: attributes, and the company's own segments.

Who is in a segment changes, and a program may change it. What counts is who was in it at the end of
the week before a start, of those who enrolled then and of those they are compared with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from csat.daily.program_span import Span
from csat.daily.segments import MEMBERS
from csat.engine import Engine, quote
from csat.impact import IN_NONE, Grouping

#: What of a customer is told by, as first known.
ATTRIBUTES = ("customer_type", "region")
#: The kind of the groups that are segments.
SEGMENT = "segment"
#: Values that are told of: so many of the commonest, of those with so large a share.
SMALLEST_SHARE, MOST_VALUES = 0.02, 12
#: In changes of a segment, that a customer is not in it; in weeks, that nothing has changed.
_NO_VALUE, _UNCHANGED = "", -1


def segments_in_force(history: str, definitions: str) -> str:
    """Return a query of the segments by which customers are placed, and since when.

    Parameters
    ----------
    history
        Relation of ``segment_id``, ``condition``, ``dimension``, ``second_dimension``,
        ``is_defined`` and ``from_date``: every definition, from when on it was in force.
    definitions
        Relation of the ``segment_id`` of those that are defined now.
    """
    return (
        "(select segment_id, condition, dimension, second_dimension, from_date as known_from "
        "from (select *, row_number() over (partition by segment_id order by from_date desc) "
        f"as place from {history}) as history where place = 1 and is_defined "
        f"and segment_id in (select trim(segment_id) from {definitions}))"
    )


def common_values(counts: Mapping[str, int], of: int) -> list[str]:
    """Return the values that enough have, of so many, the commonest first."""
    common = sorted(
        (-count, value) for value, count in counts.items() if count >= SMALLEST_SHARE * of
    )
    return [value for _, value in common[:MOST_VALUES]]


def values_of(column: pa.ChunkedArray) -> list[str]:
    """Return the values of an attribute that enough customers have, the commonest first."""
    counts = {row["values"]: row["counts"] for row in pc.value_counts(column).to_pylist()}
    counts.pop(None, None)
    return common_values(counts, len(column))


def attribute_groupings(attributes: pa.Table) -> Iterator[Grouping]:
    """Yield a grouping by each of ``ATTRIBUTES``, of customers in the order of the table."""
    for name in ATTRIBUTES:
        values = sorted(values_of(attributes[name]))
        place = pc.index_in(attributes[name], value_set=pa.array(values, pa.string()))
        codes = pc.fill_null(place, IN_NONE).to_numpy().astype(np.int8)
        yield Grouping(name, values, codes[:, None])


def segment_groupings(
    engine: Engine, span: Span, kept: str, customers: int, *, segments: str, memberships: str
) -> Iterator[Grouping]:
    """Yield a grouping by each segment that says more than an attribute alone.

    Parameters
    ----------
    engine
        Where the relations are.
    span
        The weeks.
    kept
        Relation of ``customer_id`` and ``place``, of so many ``customers``.
    segments
        Relation of ``segment_id``, ``condition``, ``dimension``, ``second_dimension`` and
        ``known_from``.
    memberships
        Relation of ``customer_id``, ``segment_id``, ``segment_value`` (null for none) and
        ``from_date``, a row where it has changed.
    """
    told = [
        row
        for row in engine.collect(f"select * from {segments} order by segment_id").to_pylist()
        if row["condition"] or row["second_dimension"] or row["dimension"] not in ATTRIBUTES
    ]
    if not told:
        return
    changes = _changes(engine, span, kept, memberships, [row["segment_id"] for row in told])
    for row in told:
        name = row["segment_id"]
        known_since = max(span.number_of(row["known_from"]), 0)
        values, *changed = changes[name]
        held = _held(*changed, customers, span.weeks)
        common = [MEMBERS]
        if not row["condition"]:
            # Of one that is defined after the last week, too, values have to be told apart.
            counted_weeks = held[min(known_since, span.weeks - 1) :]
            counts = np.bincount(counted_weeks.ravel(), minlength=len(values))
            counted = dict(zip(values, counts.tolist(), strict=True))
            counted.pop(_NO_VALUE)
            common = sorted(common_values(counted, sum(counted.values())))
        place = {value: number for number, value in enumerate(common)}
        code = np.array([place.get(value, IN_NONE) for value in values], dtype=np.int8)
        yield Grouping(SEGMENT, [f"{name}:{value}" for value in common], code[held].T, known_since)


def _changes(
    engine: Engine, span: Span, kept: str, memberships: str, names: list[str]
) -> dict[str, tuple[list[str], np.ndarray, np.ndarray, np.ndarray]]:
    """Return the values of each segment, and who came into which of them in which week.

    The last value of a week counts, and what was before the first week counts in it.
    """
    week = f"greatest({span.week_of('memberships.from_date')}, 0)"
    query = (
        f"select kept.place, {week} as week, memberships.segment_id, max_by(coalesce("
        f"memberships.segment_value, {quote(_NO_VALUE)}), memberships.from_date) as segment_value "
        f"from {memberships} as memberships inner join {kept} as kept "
        "on memberships.customer_id = kept.customer_id "
        f"where memberships.segment_id in ({', '.join(map(quote, names))}) "
        f"and memberships.from_date <= date '{span.day}' group by 1, 2, 3"
    )
    parts: dict[str, list[np.ndarray]] = defaultdict(list)
    numbers: dict[str, dict[str, int]] = {name: {_NO_VALUE: 0} for name in names}
    for batch in engine.stream(query):
        place, weeks = (batch[name].to_numpy() for name in ("place", "week"))
        segment, value = (
            batch[name].dictionary_encode() for name in ("segment_id", "segment_value")
        )
        which, held = segment.indices.to_numpy(), value.indices.to_numpy()
        texts = value.dictionary.to_pylist()
        for number, name in enumerate(segment.dictionary.to_pylist()):
            own = np.flatnonzero(which == number)
            code = np.zeros(len(texts), dtype=np.int32)
            for text in np.unique(held[own]):
                code[text] = numbers[name].setdefault(texts[text], len(numbers[name]))
            parts[name].append(np.stack([place[own], weeks[own], code[held[own]]]).astype(np.int32))
    nothing = np.zeros((3, 0), dtype=np.int32)
    return {
        name: (list(numbers[name]), *np.concatenate([nothing, *parts[name]], axis=1))
        for name in names
    }


def _held(
    place: np.ndarray, week: np.ndarray, code: np.ndarray, customers: int, weeks: int
) -> np.ndarray:
    """(weeks, customers) the value in force at the end of each week: 0 before the first one."""
    held = np.full((weeks, customers), _UNCHANGED, dtype=np.int32)
    held[0] = 0
    held[week, place] = code
    for later in range(1, weeks):
        np.copyto(held[later], held[later - 1], where=held[later] == _UNCHANGED)
    return held
