"""Dirt: what is wrong with real deliveries. Works on finished tables.

Every kind of dirt, a *stain*, takes a table, the rows to touch and a random stream, and returns
the table with these rows touched, or copies of them added.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from csat.simulation import schemas

Stain = Callable[[pa.Table, np.ndarray, np.random.Generator], pa.Table]

FAR_FUTURE = datetime(2099, 1, 1, 12)
UNKNOWN_CUSTOMER = "C-UNKNOWN"
UNKNOWN_INSTRUMENT = "after_visit_smiley"
BAD_ANSWERS = ("11", "maybe", "")
MICROSECONDS_PER_DAY = 86_400_000_000
#: A table with fewer rows is not certain to show each kind.
ROWS_FOR_EVERY_KIND = 500
#: Most days that a late row is late, beyond what deliveries do by themselves.
LATEST_DAYS = 40


def soil(name: str, table: pa.Table, share: float, random: np.random.Generator) -> pa.Table:
    """``table`` with about ``share`` of its rows touched, each by one kind; unchanged for 0.

    Each kind that the table can show touches the same number of rows, at least one in a table
    of ``ROWS_FOR_EVERY_KIND`` rows. The result is ordered by ``loaded_at``.
    """
    if share == 0 or not len(table):
        return table
    schema = schemas.CONTRACT[name]
    table = pa.table(
        [_plain(table.column(field.name), field.type) for field in schema], schema=schema
    )
    stains = stains_of(name)
    expected = share * len(table) / len(stains)
    if len(table) >= ROWS_FOR_EVERY_KIND:
        counts = np.full(len(stains), max(1, round(expected)))
    else:
        counts = (random.random(len(stains)) < expected).astype(int)
    # Rows whose times are complete can show every kind, so they come first.
    order = random.permutation(len(table))
    is_complete = np.ones(len(table), dtype=bool)
    for column in _changing_columns(name):
        is_complete &= table.column(column).is_valid().to_numpy()
    order = np.concatenate([order[is_complete[order]], order[~is_complete[order]]])
    start = 0
    for (_, stain), count in zip(stains.items(), counts, strict=True):
        rows = np.sort(order[start : start + count])
        start += count
        if len(rows):
            table = stain(table, rows, random)
    return table.take(pc.sort_indices(table, sort_keys=[("loaded_at", "ascending")]))


def stains_of(name: str) -> dict[str, Stain]:
    """The kinds of dirt of a table, by name."""
    key, required = schemas.KEYS[name], schemas.REQUIRED[name]
    stains: dict[str, Stain] = {
        "exact duplicate": _duplicated,
        "conflicting duplicate": _conflicting(_CONFLICTING[name]),
        "null key": _constant(key[0], None),
    }
    stains |= {f"null {column}": _constant(column, None) for column in required}
    if "customer_id" in schemas.CONTRACT[name].names and name != "customers":
        stains["unknown customer"] = _constant("customer_id", UNKNOWN_CUSTOMER)
    return stains | _SPECIAL.get(name, {})


def _plain(column: pa.ChunkedArray, data_type: pa.DataType) -> pa.ChunkedArray:
    return column.cast(data_type) if column.type != data_type else column


def _with(table: pa.Table, column: str, rows: np.ndarray, values: pa.Array) -> pa.Table:
    """``table`` with ``values`` in the (sorted) ``rows`` of a column."""
    mask = np.zeros(len(table), dtype=bool)
    mask[rows] = True
    position = table.schema.get_field_index(column)
    field = table.schema.field(column)
    old = table.column(column).combine_chunks()
    new = pc.replace_with_mask(old, pa.array(mask), values.cast(field.type))
    return table.set_column(position, field, new)


def _duplicated(table: pa.Table, rows: np.ndarray, random: np.random.Generator) -> pa.Table:
    return pa.concat_tables([table, table.take(pa.array(rows))])


def _conflicting(column: str) -> Stain:
    """Copies under the same key and the same ``loaded_at`` with another value in ``column``."""

    def stain(table: pa.Table, rows: np.ndarray, random: np.random.Generator) -> pa.Table:
        copies = table.take(pa.array(rows))
        old = copies.column(column).combine_chunks()
        if pa.types.is_string(old.type):
            new = _next_value(table.column(column), old)
        elif pa.types.is_timestamp(old.type):
            moved = pc.add(old.cast(pa.int64()), 60_000_000).cast(old.type)
            new = pc.coalesce(moved, copies.column("loaded_at").combine_chunks())
        else:
            new = pc.add(pc.fill_null(old, 0), 1).cast(old.type)
        copies = _with(copies, column, np.arange(len(copies)), new)
        return pa.concat_tables([table, copies])

    return stain


def _next_value(column: pa.ChunkedArray, old: pa.Array) -> pa.Array:
    """The next one in the alphabet of the column's values, so that a wrong value looks right."""
    values = pc.unique(column.drop_null()).sort()
    if len(values) < 2:
        return pc.binary_join_element_wise(pc.fill_null(old, "none"), "corrected", "_")
    place = pc.fill_null(pc.index_in(old, values), -1).to_numpy()
    return values.take(pa.array((place + 1) % len(values)))


def _constant(column: str, value: Any) -> Stain:
    def stain(table: pa.Table, rows: np.ndarray, random: np.random.Generator) -> pa.Table:
        data_type = table.schema.field(column).type
        return _with(table, column, rows, pa.array([value] * len(rows), data_type))

    return stain


def _future(column: str) -> Stain:
    """A moment far in the future."""
    return _constant(column, FAR_FUTURE)


def _one_of(column: str, values: tuple[str, ...]) -> Stain:
    def stain(table: pa.Table, rows: np.ndarray, random: np.random.Generator) -> pa.Table:
        chosen = [values[(row + number) % len(values)] for number, row in enumerate(rows)]
        return _with(table, column, rows, pa.array(chosen, pa.string()))

    return stain


def _before(column: str, start: str) -> Stain:
    """An end one day before its start."""

    def stain(table: pa.Table, rows: np.ndarray, random: np.random.Generator) -> pa.Table:
        starts = table.column(start).take(pa.array(rows)).combine_chunks()
        moments = starts.cast(pa.timestamp("us")).cast(pa.int64())
        return _with(
            table, column, rows, pc.subtract(moments, MICROSECONDS_PER_DAY).cast(pa.timestamp("us"))
        )

    return stain


def _negative(column: str) -> Stain:
    def stain(table: pa.Table, rows: np.ndarray, random: np.random.Generator) -> pa.Table:
        old = table.column(column).take(pa.array(rows)).combine_chunks()
        return _with(table, column, rows, pc.subtract(-1, pc.abs(pc.fill_null(old, 0))))

    return stain


def _late(table: pa.Table, rows: np.ndarray, random: np.random.Generator) -> pa.Table:
    """Loaded weeks later, but not after the newest row of the table."""
    loaded = table.column("loaded_at").combine_chunks().cast(pa.int64())
    days = random.integers(7, LATEST_DAYS, len(rows)) * MICROSECONDS_PER_DAY
    later = pc.add(loaded.take(pa.array(rows)), pa.array(days))
    capped = pc.min_element_wise(later, pc.max(loaded))
    return _with(table, "loaded_at", rows, capped.cast(pa.timestamp("us")))


#: The column in which a conflicting duplicate differs.
_CONFLICTING = {
    "customers": "plan",
    "customer_attributes": "value",
    "contacts": "topic",
    "agents": "team",
    "bills": "amount",
    "payments": "amount",
    "interruptions": "cause",
    "engagement_events": "event_type",
    "survey_invitations": "channel",
    "survey_responses": "comment",
    "programs": "program_type",
    "program_enrollments": "ended_at",
    "customer_signals": "value",
}

_SPECIAL: dict[str, dict[str, Stain]] = {
    "customers": {
        "closed before joining": _before("closed_at", "customer_since"),
        "negative annual value": _negative("annual_value"),
    },
    "contacts": {
        "negative wait": _negative("wait_seconds"),
        "negative transfers": _negative("transfers"),
        "resolved before start": _before("resolved_at", "started_at"),
        "answered before start": _before("first_human_response_at", "started_at"),
        "future start": _future("started_at"),
    },
    "bills": {
        "due before issue": _before("due_at", "issued_at"),
        "future issue": _future("issued_at"),
    },
    "payments": {"future payment": _future("paid_at")},
    "interruptions": {
        "restored before start": _before("restored_at", "started_at"),
        "future start": _future("started_at"),
    },
    "engagement_events": {"future event": _future("occurred_at"), "late": _late},
    "survey_invitations": {
        "unknown instrument": _constant("instrument_id", UNKNOWN_INSTRUMENT),
        "future sending": _future("sent_at"),
        "late": _late,
    },
    "survey_responses": {
        "bad answer": _one_of("answer", BAD_ANSWERS),
        "unknown instrument": _constant("instrument_id", UNKNOWN_INSTRUMENT),
        "future answer": _future("responded_at"),
        "late": _late,
    },
    "program_enrollments": {"ended before start": _before("ended_at", "enrolled_at")},
    "customer_signals": {"future signal": _future("occurred_at"), "late": _late},
}


def _changing_columns(name: str) -> tuple[str, ...]:
    """Columns that are null until something has happened."""
    return {
        "contacts": ("wait_seconds", "resolved_at"),
        "interruptions": ("restored_at",),
    }.get(name, ())
