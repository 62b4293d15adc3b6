"""Features of customers on many days, as they last: a row where something changes, not a row a day.

Of each source come the rows that ``macros/features/lasting_features.sql`` describes. Joined in the
engine they would be a row of all features for each customer and day. Here each day only finds its
row of each source, and values are looked up where they change.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from csat.daily.registry import Registry
from csat.engine import Engine, quote, quote_name
from csat.model import MISSING_BIN, Axis
from csat.model.features import numbers

#: Whose features a row tells; of both it is null in the row of all who have no other.
HOLDERS = ("customer_id", "region")

_SECONDS_OF_DAY = 86_400
_MICROSECONDS_OF_DAY = 1_000_000 * _SECONDS_OF_DAY
#: A holder and a midnight are one integer, of which so many bits tell the day, up to the year 9999.
_BITS_OF_DAY = 22
_NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True, eq=False)
class _Source:
    """The rows of one source, and whose they are from which midnight until before which.

    Parameters
    ----------
    table
        The rows.
    holder
        Which of ``HOLDERS`` they are told apart by.
    days
        (rows,) the first midnight of each, as a day.
    of_nobody
        Place of the row of all who have no other.
    first, until, places
        (stretches,) whose and from when, as integers in order; until before when; and the place of
        the row in the table.
    """

    table: pa.Table
    holder: str
    days: np.ndarray
    of_nobody: int
    first: np.ndarray
    until: np.ndarray
    places: np.ndarray

    @classmethod
    def of(cls, table: pa.Table, names: Mapping[str, pa.Array]) -> _Source:
        """Return the rows in the order in which they are looked for.

        Parameters
        ----------
        names
            By holder those that are looked for, in the order of their numbers.
        """
        holder = next((h for h in HOLDERS if table[h].null_count < len(table)), HOLDERS[0])
        numbers_of = pc.index_in(table[holder], value_set=names[holder]).combine_chunks()
        numbers_of = pc.fill_null(numbers_of, -1).to_numpy()
        (of_nobody,) = np.flatnonzero(_is_of_nobody(table))
        days, ends = _days(table["as_of_at"]), _days(table["until_at"])
        first = _keys(numbers_of, days)
        places = np.argsort(first, kind="stable")
        places = places[np.searchsorted(first[places], 0) :]
        return cls(
            table,
            holder,
            days,
            of_nobody,
            # Before all of them one that holds for nobody, so that whoever has none finds that.
            np.concatenate([[_NEVER], first[places]]),
            np.concatenate([[_NEVER], _keys(numbers_of, ends)[places]]),
            np.concatenate([[of_nobody], places]),
        )

    def places_at(self, moments: np.ndarray) -> np.ndarray:
        """Return (moments,) the place of the row that holds, by whose and when, as integers."""
        found = np.searchsorted(self.first, moments, side="right") - 1
        return np.where(moments < self.until[found], self.places[found], self.of_nobody)


class LastingFeatures:
    """What is known of customers at midnights.

    Parameters
    ----------
    moments
        ``HOLDERS`` and ``as_of_at``, a midnight: one row per customer and midnight.
    told
        By source its rows: ``HOLDERS``, ``as_of_at``, ``until_at`` and features; one of them names
        neither holder.
    registry
        The source of each feature, and which ones count days.
    starts
        By feature the day at whose midnight its window begins to lie within what has been recorded,
        as ``read_window_starts`` reads it; before that it is unknown, whatever the rows say.
    """

    def __init__(
        self,
        moments: pa.Table,
        told: Mapping[str, pa.Table],
        registry: Registry,
        starts: Mapping[str, int],
    ):
        self._registry = registry
        self._days = _days(moments["as_of_at"])
        first_day = self._days.min(initial=np.iinfo(np.int64).max)
        self._starts = {feature: day for feature, day in starts.items() if day > first_day}
        self._moments: dict[str, np.ndarray] = {}
        names: dict[str, pa.Array] = {}
        for holder in HOLDERS:
            column = moments[holder].cast(pa.string()).combine_chunks().dictionary_encode()
            names[holder] = column.dictionary
            self._moments[holder] = _keys(pc.fill_null(column.indices, -1).to_numpy(), self._days)
        self._sources = {name: _Source.of(table, names) for name, table in told.items()}
        self._bins: dict[tuple, np.ndarray] = {}

    def column(self, feature: str) -> pa.Array:
        """Return a feature at each moment, as the registry means it."""
        source, everywhere = self._sources[self._registry.sources[feature]], slice(None)
        places = source.places_at(self._moments[source.holder])
        if feature in self._registry.counting_days:
            return pa.array(self._days_since(feature, places, everywhere), from_pandas=True)
        values = source.table[feature].combine_chunks().take(pa.array(places))
        if feature in self._starts:
            is_known = pa.array(self._days >= self._starts[feature])
            values = pc.if_else(is_known, values, pa.scalar(None, values.type))
        return values

    def bins_at(self, moments: slice) -> Callable[[Axis], np.ndarray]:
        """Return what finds the bins of some of the moments by an axis: ``bins_of`` of a score."""
        places: dict[str, np.ndarray] = {}

        def bins_of(axis: Axis) -> np.ndarray:
            name = self._registry.sources[axis.feature]
            source = self._sources[name]
            if name not in places:
                places[name] = source.places_at(self._moments[source.holder][moments])
            if axis.feature in self._registry.counting_days:
                values = self._days_since(axis.feature, places[name], moments)
                return axis.bin_numbers(pa.table({axis.feature: values}))
            if axis.key not in self._bins:
                self._bins[axis.key] = axis.bin_numbers(source.table)
            bins = self._bins[axis.key][places[name]]
            if axis.feature in self._starts:
                is_known = self._days[moments] >= self._starts[axis.feature]
                bins = np.where(is_known, bins, MISSING_BIN)
            return bins

        return bins_of

    def _days_since(self, feature: str, places: np.ndarray, moments: slice) -> np.ndarray:
        """Return days since something, NaN where it never was.

        They are whole seconds, s / 86,400, so that k days later they are (s + 86,400 k) / 86,400:
        what the engine says then, to the last bit.
        """
        source = self._sources[self._registry.sources[feature]]
        seconds = np.rint(numbers(source.table, feature) * _SECONDS_OF_DAY)[places]
        later = self._days[moments] - source.days[places]
        return (seconds + _SECONDS_OF_DAY * later) / _SECONDS_OF_DAY


def read_lasting_features(
    engine: Engine, registry: Registry, features: Collection[str], relation: str, part: str
) -> dict[str, pa.Table]:
    """Read by source the rows of some features, for some customers.

    Parameters
    ----------
    engine
        Computes them.
    registry
        The source of each feature.
    features
        Those to be read. There is no table of a source that has none of them.
    relation
        Relation of ``source``, ``told_by``, ``HOLDERS``, ``as_of_at``, ``until_at`` and features.
    part
        Condition on ``customer_id``, of those that are wanted.
    """
    wanted: dict[str, list[str]] = {}
    for feature in sorted(features):
        wanted.setdefault(registry.sources[feature], []).append(feature)
    if not wanted:
        return {}
    keys = [*HOLDERS, "as_of_at", "until_at"]

    def read(columns: Sequence[str], condition: str) -> pa.Table:
        names = ", ".join(map(quote_name, columns))
        return engine.collect(f"select {names} from {relation} as told where {condition}")

    shared = read(["source", *keys, *sorted(features)], "told_by <> 'customer_id'")
    found = {}
    for source, own in wanted.items():
        of_all = shared.filter(pc.equal(shared["source"], source)).select([*keys, *own])
        # One source at a time: together they would be counted at once, in ten times the memory.
        of_each = read(
            [*keys, *own], f"told_by = 'customer_id' and source = {quote(source)} and {part}"
        )
        found[source] = pa.concat_tables([of_each, of_all])
    return found


def read_window_starts(engine: Engine, relation: str) -> dict[str, int]:
    """Return by feature since when its window lies within what has been recorded.

    Parameters
    ----------
    engine
        Where the relation is.
    relation
        Relation of ``feature`` and ``recorded_from``, a midnight.

    Returns
    -------
    dict
        Days since 1970; a feature that is not among them is known whenever it is told.
    """
    rows = engine.collect(
        "select feature, date_diff('day', date '1970-01-01', cast(recorded_from as date)) as day "
        f"from {relation} as starts where recorded_from is not null"
    )
    return dict(zip(rows["feature"].to_pylist(), rows["day"].to_pylist(), strict=True))


def _is_of_nobody(table: pa.Table) -> np.ndarray:
    of_nobody = pc.and_(*(pc.is_null(table[holder]) for holder in HOLDERS))
    return of_nobody.to_numpy()


def _days(moments: pa.ChunkedArray) -> np.ndarray:
    """Return midnights as days since 1970."""
    return moments.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy() // _MICROSECONDS_OF_DAY


def _keys(holders: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Return holders, by their numbers, and days as integers in this order; below 0 for none."""
    return (holders.astype(np.int64) << _BITS_OF_DAY) + days
