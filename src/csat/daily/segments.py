"""Segments: groups of customers by a condition or by the values of a dimension, day by day.

A company defines them in ``seeds/segment_definitions.csv``. A definition is checked by the engine
before anything is computed, and then compiled into queries that the engine runs: who is in which
segment, and the sums of each segment's scores.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date, timedelta

import pyarrow as pa

from csat.daily.definitions import DefinitionsSeed
from csat.daily.parts import CUSTOMER_DAYS_AT_ONCE, rows_by_parts
from csat.engine import Engine, EngineError, columns_of, quote, quote_name
from csat.project import UserError

SEED = DefinitionsSeed("seeds/segment_definitions.csv", "segment", ("segment_id",))
#: The segment of everyone, and the value of those whom a condition holds for.
BASE, MEMBERS = "all", "members"
#: Stands for the values of a dimension that are too small to be shown.
POOLED = "(small ones together)"
#: The value of customers of whom a dimension is not known.
UNKNOWN = "(unknown)"
#: Stands between two dimensions' values in a crossed one.
CROSSED_BY = " × "


@dataclass(frozen=True)
class Placing:
    """Where customers at moments are found, with what segments may be defined by.

    Parameters
    ----------
    attributes
        Relation of the keys, and a column per attribute.
    features
        Relation of the keys, and a column per feature; an attribute of the same name goes before.
    keys
        Columns that tell the moments of both apart.
    attribute_columns, feature_columns
        What they hold beside the keys, a name that both have only as an attribute.
    """

    attributes: str
    features: str
    keys: tuple[str, ...]
    attribute_columns: tuple[str, ...]
    feature_columns: tuple[str, ...]

    @classmethod
    def read(
        cls,
        engine: Engine,
        attributes: str,
        features: str,
        keys: tuple[str, ...] = ("customer_id", "as_of_at"),
    ) -> Placing:
        """Ask the engine for the columns."""
        own, further = (columns_of(engine, relation) for relation in (attributes, features))
        return cls(
            attributes,
            features,
            keys,
            tuple(name for name in own if name not in keys),
            tuple(name for name in further if name not in {*keys, *own}),
        )

    def with_features(self) -> str:
        """Return attributes and features of the same moments as one relation."""
        further = "".join(f", features.{quote_name(name)}" for name in self.feature_columns)
        same = " and ".join(f"attributes.{key} = features.{key}" for key in self.keys)
        return (
            f"(select attributes.*{further} from {self.attributes} as attributes "
            f"inner join {self.features} as features on {same})"
        )


@dataclass(frozen=True)
class Segment:
    """One row of the definitions.

    Parameters
    ----------
    segment_id
        Unique; the first part of ``entity_id``.
    condition
        SQL over attributes and features that is true for its members; null for a dimension.
    dimensions
        One or two columns whose values split all customers; empty for a condition.
    needs_features
        Whether it reads a feature.
    """

    segment_id: str
    condition: str | None
    dimensions: tuple[str, ...]
    needs_features: bool = False

    @property
    def value(self) -> str:
        """SQL of the segment's value: text, null for who is not in it."""
        if self.condition is not None:
            return f"case when ({self.condition}) then {quote(MEMBERS)} end"
        parts = (
            f"coalesce(cast({quote_name(name)} as varchar), {quote(UNKNOWN)})"
            for name in self.dimensions
        )
        return f" || {quote(CROSSED_BY)} || ".join(parts)

    @property
    def placement(self) -> str:
        """SQL of what is kept of a customer: whether the condition holds, or the dimension's value.

        Texts would take twice as long to write, and conditions could not be added up in one pass.
        """
        return self.value if self.condition is None else f"coalesce(({self.condition}), false)"


@dataclass(frozen=True)
class Segmentation:
    """All segments of a company, each checked, over where its customers are found."""

    segments: tuple[Segment, ...]
    placing: Placing

    @classmethod
    def read(
        cls,
        engine: Engine,
        definitions: str,
        attributes: str,
        features: str,
        keys: tuple[str, ...] = ("customer_id", "as_of_at"),
    ) -> Segmentation:
        """Read the definitions and check each, in the order of their names.

        Parameters
        ----------
        engine
            Checks conditions by running them over no rows.
        definitions
            Relation of ``segment_id``, ``condition``, ``dimension`` and ``second_dimension``.
        attributes, features, keys
            What conditions and dimensions may name; see ``Placing``.

        Raises
        ------
        UserError
            If a definition cannot be used; the sentence names its line, and says what to mend.
        """
        placing = Placing.read(engine, attributes, features, keys)
        rows = SEED.rows(
            engine, definitions, ("segment_id", "condition", "dimension", "second_dimension")
        )
        found: dict[str, Segment] = {}
        for row in rows:
            try:
                segment = _checked(engine, row, placing)
                if segment.segment_id in found:
                    raise UserError("the segment_id of another line: give it one of its own")
            except UserError as mistake:
                raise SEED.refusal(engine, row, mistake) from None
            found[segment.segment_id] = segment
        return cls(tuple(found.values()), placing)

    @property
    def columns(self) -> list[str]:
        """Names of the columns that hold each segment's value in ``placed``."""
        return _columns(len(self.segments))

    def placed(self) -> str:
        """Return a relation of all columns of the attributes, and a column per segment's value."""
        values = "".join(
            f", {segment.value} as {column}"
            for segment, column in zip(self.segments, self.columns, strict=True)
        )
        return f"(select *{values} from {self._found_at()} as placed)"

    def members(self, carried: str) -> str:
        """Return a query of a column, ``segment_id`` and ``segment_value``: a row per membership.

        Everybody is in the base. ``carried`` names the column of the attributes that tells who.
        """
        parts = [
            f"select {carried}, {quote(BASE)} as segment_id, {quote(BASE)} as segment_value "
            "from placed"
        ]
        parts += [
            f"select {carried}, {quote(segment.segment_id)}, {column} from placed "
            f"where {column} is not null"
            for segment, column in zip(self.segments, self.columns, strict=True)
        ]
        return f"with placed as {self.placed()} {' union all '.join(parts)}"

    def placements(self) -> str:
        """Return a query of ``customer_id``, ``score_date`` and what is known of each segment.

        ``definitions`` tells the definitions apart by which customers were placed.
        """
        values = "".join(
            f", {segment.placement} as {column}"
            for segment, column in zip(self.segments, self.columns, strict=True)
        )
        said = json.dumps([astuple(segment) for segment in self.segments])
        checksum = hashlib.sha256(said.encode()).hexdigest()[:16]
        return (
            f"select customer_id, score_date, {quote(checksum)} as definitions{values} "
            f"from {self._found_at()} as placed"
        )

    def placed_by_parts(self, engine: Engine, *, dates: str, customers: str) -> object:
        """Return the rows of ``placements``, lazily, some customers at a time.

        Parameters
        ----------
        engine
            Places them.
        dates
            Relation of ``score_date`` and ``is_due``: about how many days there are.
        customers
            Relation of ``customer_id``, with about as many rows as there are customers on a day.
        """
        (days,) = engine.collect(f"select count(*) as n from {dates} where is_due")["n"]
        most = max(1, CUSTOMER_DAYS_AT_ONCE // max(1, days.as_py()))
        return rows_by_parts(engine, self.placements(), customers, most)

    def _found_at(self) -> str:
        needs_features = any(segment.needs_features for segment in self.segments)
        return self.placing.with_features() if needs_features else self.placing.attributes


@dataclass(frozen=True)
class Placements:
    """Who was in which segment on which day, as ``Segmentation.placements`` has written it.

    Parameters
    ----------
    relation
        Of ``customer_id``, ``score_date``, and a column per segment.
    segment_ids
        The segments, in the order of their columns.
    are_conditions
        Whether each is one, whose column says who meets it; others hold the values of a dimension.
    """

    relation: str
    segment_ids: tuple[str, ...]
    are_conditions: tuple[bool, ...]

    @classmethod
    def read(cls, engine: Engine, relation: str, definitions: str) -> Placements:
        """Read what the columns stand for."""
        rows = engine.collect(
            "select segment_id, trim(coalesce(condition, '')) <> '' as is_condition "
            f"from {definitions} order by segment_id"
        )
        return cls(
            relation,
            tuple(name.strip() for name in rows["segment_id"].to_pylist()),
            tuple(rows["is_condition"].to_pylist()),
        )

    @property
    def columns(self) -> list[str]:
        """Names of the columns that hold each segment's value."""
        return _columns(len(self.segment_ids))

    def sums(self, scores: str, added: Sequence[str] = ("probability",)) -> str:
        """Return a query of what each segment's customers and scores add up to, day by day.

        Parameters
        ----------
        scores
            Relation of ``customer_id``, ``score_date`` and the columns.
        added
            Columns that are added up, within -1 and 1.

        Returns
        -------
        str
            SELECT of ``score_date``, ``segment_id``, ``segment_value``, ``customers`` and a column
            ``<added>_sum`` each. They are added up as integers of 1e-12, so that the values of a
            dimension add up to the base in any order.
        """
        sums = [f"{name}_sum" for name in added]
        whole = ", ".join(f"sum({name}) as {name}" for name in sums)
        # One pass for all conditions: a query each would read the customers again for each, and
        # a filter on each of their sums is ten times as slow as a product.
        of_conditions = "".join(
            f", sum(cast({column} as bigint)) as customers_{number}"
            + "".join(
                f", sum(cast({column} as bigint) * {name}) as {name}_{number}" for name in sums
            )
            for number, column in enumerate(self.columns)
            if self.are_conditions[number]
        )
        parts = [
            f"select score_date, {quote(BASE)} as segment_id, {quote(BASE)} as segment_value, "
            f"customers, {', '.join(sums)} from everyone"
        ]
        for number, (segment_id, column) in enumerate(
            zip(self.segment_ids, self.columns, strict=True)
        ):
            of_condition = ", ".join(f"{name}_{number}" for name in sums)
            parts.append(
                f"select score_date, {quote(segment_id)}, {quote(MEMBERS)}, customers_{number}, "
                f"{of_condition} from everyone where customers_{number} > 0"
                if self.are_conditions[number]
                else f"select score_date, {quote(segment_id)}, {column}, count(*), {whole} "
                f"from scored group by score_date, {column}"
            )
        columns = "".join(f", placed.{column}" for column in self.columns)
        integers = "".join(
            f", cast(round(scores.{name} * 1e12) as bigint) as {name}_sum" for name in added
        )
        shown = ", ".join(f"cast({name} as double) / 1e12 as {name}" for name in sums)
        return (
            f"with scored as materialized (select placed.score_date{columns}{integers} "
            f"from {self.relation} as placed "
            f"inner join {scores} as scores on placed.customer_id = scores.customer_id "
            "and placed.score_date = scores.score_date), "
            f"everyone as materialized (select score_date, count(*) as customers, {whole}"
            f"{of_conditions} from scored group by score_date), "
            f"sums as ({' union all '.join(parts)}) "
            "select score_date, segment_id, segment_value, cast(customers as bigint) as customers, "
            f"{shown} from sums"
        )

    def first_day_after(self, engine: Engine, kept: str) -> date | None:
        """Return the first day, where a table has the placements of the day before it.

        Parameters
        ----------
        engine
            Where the relations are.
        kept
            Name of the table in which earlier runs have left the last days' placements, by
            ``definitions``; those by others than today's are of no use.
        """
        if not engine.relation_exists(kept):
            return None
        (found,) = engine.collect(
            "select first_date from (select min(score_date) as first_date, "
            f"min(definitions) as definitions from {self.relation}) as placed where exists ("
            f"select 1 from {kept} as kept where kept.definitions = placed.definitions "
            "and kept.score_date = placed.first_date - 1)"
        )["first_date"].to_pylist() or [None]
        return found

    def since_day_before(self, first_day: date, kept: str) -> Placements:
        """Return the placements with those of the day before ``first_day``, from a table."""
        columns = ", ".join(["customer_id", "score_date", *self.columns])
        both = (
            f"(select {columns} from {self.relation} union all select {columns} from {kept} "
            f"where score_date = date '{first_day - timedelta(days=1)}')"
        )
        return replace(self, relation=both)

    def changes(self, since: date | None = None) -> str:
        """Return a query of when customers came into a segment's value, among the days given.

        Parameters
        ----------
        since
            Changes before are left out; those of the first day of all are none, where there was a
            day before.

        Returns
        -------
        str
            SELECT of ``customer_id``, ``segment_id``, ``segment_value`` (null for who leaves it),
            ``from_date`` and ``is_compared`` (with the day before the first): a row where the value
            is not that of the day before, and for the first day of each customer in a segment.
        """
        own = "(partition by customer_id order by score_date)"
        before = "".join(
            f", lag({column}) over {own} as {column}_before" for column in self.columns
        )
        changed = " or ".join(
            ["is_first", *(f"{column} is distinct from {column}_before" for column in self.columns)]
        )
        parts = [
            f"select customer_id, {quote(BASE)} as segment_id, {quote(BASE)} as segment_value, "
            "score_date as from_date from changed where is_first"
        ]
        for segment_id, column, is_condition in zip(
            self.segment_ids, self.columns, self.are_conditions, strict=True
        ):
            value, earlier = column, f"{column}_before"
            if is_condition:
                # Who does not meet it on the first day has not come into anything.
                value = f"case when {column} then {quote(MEMBERS)} end"
                earlier = f"coalesce({earlier}, false)"
            parts.append(
                f"select customer_id, {quote(segment_id)}, {value}, score_date from changed "
                f"where {column} is distinct from {earlier}"
            )
        # Who is no longer scored has left on the day after what they were in.
        was_in = [
            column if is_condition else f"{column} is not null"
            for column, is_condition in zip(self.columns, self.are_conditions, strict=True)
        ]
        for segment_id, condition in zip((BASE, *self.segment_ids), ("true", *was_in), strict=True):
            parts.append(
                f"select customer_id, {quote(segment_id)}, cast(null as varchar), left_date "
                f"from departures where {condition}"
            )
        told = "" if since is None else f" where from_date >= date '{since}'"
        is_compared = "false" if since is None else "true"
        return (
            f"with days as (select *, lag(score_date) over {own} is null as is_first{before} "
            f"from {self.relation} as placed), "
            f"changed as materialized (select * from days where {changed}), "
            "last_days as (select customer_id, max(score_date) as score_date from days "
            "group by customer_id), "
            "departures as (select days.*, days.score_date + 1 as left_date from days "
            "inner join last_days on days.customer_id = last_days.customer_id "
            "and days.score_date = last_days.score_date "
            "where days.score_date < (select max(score_date) from last_days)), "
            f"changes as ({' union all '.join(parts)}) "
            f"select *, {is_compared} as is_compared from changes{told}"
        )


def _columns(segments: int) -> list[str]:
    return [f"segment_{number}" for number in range(segments)]


def _checked(engine: Engine, row: dict[str, str], placing: Placing) -> Segment:
    name = row["segment_id"]
    if not name or ":" in name or name == BASE:
        raise UserError(f"no usable segment_id: name it, without a colon, and not {BASE}")
    condition, *dimensions = (
        row[column] for column in ("condition", "dimension", "second_dimension")
    )
    if condition and any(dimensions):
        raise UserError("both a condition and a dimension: keep one of them")
    if not condition and not dimensions[0]:
        raise UserError("neither a condition nor a dimension: fill one of them")
    named = tuple(filter(None, dimensions))
    for dimension in named:
        if dimension not in placing.attribute_columns + placing.feature_columns:
            raise UserError(
                f"the dimension {dimension}, which no customer has: use a feature or one of "
                f"{', '.join(sorted(placing.attribute_columns))}"
            )
    segment = Segment(name, condition or None, named)
    needs_features = not set(named) <= set(placing.attribute_columns)
    if condition:
        refusal = _refusal(engine, condition, placing.attributes)
        needs_features = refusal is not None
        if refusal:
            refusal = _refusal(engine, condition, placing.with_features())
        if refusal:
            raise UserError(f"a condition that cannot be used, because {refusal}: mend it")
    return replace(segment, needs_features=needs_features)


def _refusal(engine: Engine, condition: str, relation: str) -> str | None:
    """Return why a condition cannot be used; null where it can."""
    # One that closes the bracket in which it will stand would say something else than it shows.
    depth = 0
    for character in condition:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0 or character == ";":
            return f"it has an unexpected '{character}'"
    try:
        schema = engine.collect(
            f"select ({condition}) as condition from {relation} as placed limit 0"
        ).schema
    except EngineError as error:
        return f"the engine says: {str(error).removesuffix('.')}"
    if not pa.types.is_boolean(schema.field("condition").type):
        return "it is neither true nor false"
    return None
