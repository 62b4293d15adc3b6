"""What of a table is about the persons to be forgotten, and the table without it, as SQL.

A row is theirs if it names them as its customer, or, where it names no customer, by the key of one
of their records. In rows of others, what refers to them is emptied: keys of their records,
examples of what they wrote, and their ids inside of texts. In a table of received rows (a base
model of staging) a row of theirs stays as an empty one, as staging leaves it: so rows received
still equal what became of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb

from csat.engine import quote, quote_name
from csat.forgetting.persons import Persons, is_customer, path_of, tables_of
from csat.personal_data import is_personal

#: What stands in the place of a rule in an empty row; the macro `forgotten_rule` has the same.
FORGOTTEN_RULE = "forgotten_customer"
_FREE_TEXT = re.compile(r"(\w+_)?comment(_text)?|example_\d+")
_RECEIVED = frozenset({"rejection_rule", "record_key", "raw_record", "delivery", "fingerprint"})
_KEPT_OF_RECEIVED = {
    "delivery": "delivery",
    "fingerprint": "fingerprint",
    "has_loaded_at": "has_loaded_at",
    "loaded_at": "case when has_loaded_at then loaded_at end",
    "is_first_version": "true",
    "rejection_rule": quote(FORGOTTEN_RULE),
}
_TEXTS = "(from memory.main.forgotten_texts)"


@dataclass(frozen=True)
class Trace:
    """What a place holds of the persons: rows of theirs, and values in rows of others."""

    place: str
    table: str
    rows: int
    values: int


@dataclass(frozen=True)
class _Change:
    """When a value of a row of others is changed, and to what."""

    when: str
    new: str

    def sql(self, column: str) -> str:
        return f"case when {self.when} then {self.new} else {quote_name(column)} end"


class Cleaning:
    """A table and what of it is about persons.

    Parameters
    ----------
    name
        Of the table, without schema.
    columns
        Their types by their names, in their order.
    persons
        Who is to be forgotten; registered with the connection that the SQL runs on.
    not_null
        Columns that cannot be emptied: a row whose value would be goes as a whole.
    """

    def __init__(
        self,
        name: str,
        columns: Mapping[str, str],
        persons: Persons,
        not_null: frozenset[str] = frozenset(),
    ):
        self.name = name
        self.columns = columns
        self.persons = persons
        self.is_received = columns.keys() >= _RECEIVED
        changes = self._changes()
        self._changes_of_others = {
            name: change for name, change in changes.items() if name not in not_null
        }
        self._is_theirs = _any(
            [*self._ownership(), *(changes[name].when for name in changes if name in not_null)]
        )

    def counts(self, connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[int, int]:
        """Return how many rows are theirs, and how many values of other rows refer to them."""
        changed = [change.when for change in self._changes_of_others.values()]
        if self._is_theirs == "false" and not changed:
            return 0, 0
        # Each condition is told once; in the filters themselves it would be told again and again.
        told = ", ".join(
            f"{condition} as c{number}"
            for number, condition in enumerate([self._is_theirs, *changed])
        )
        counted = ", ".join(
            f"count(*) filter (where c{number} and not c0)" for number in range(1, len(changed) + 1)
        )
        ((rows, *values),) = connection.execute(
            f"select count(*) filter (where c0), {counted} from (select {told} from {relation})"
        ).fetchall()
        return rows, sum(values)

    def query(self, relation: str) -> str:
        """Return the query of the table without the persons."""
        told = f"select *, {self._is_theirs} as csat_is_theirs from {relation}"
        values = {
            name: self._changes_of_others[name].sql(name)
            if name in self._changes_of_others
            else quote_name(name)
            for name in self.columns
        }
        if self.is_received:
            values = {
                name: f"case when csat_is_theirs then {_KEPT_OF_RECEIVED.get(name, 'null')} "
                f"else {value} end"
                for name, value in values.items()
            }
        columns = ", ".join(f"{value} as {quote_name(name)}" for name, value in values.items())
        condition = "" if self.is_received else " where not csat_is_theirs"
        return f"select {columns} from ({told}){condition}"

    def record_keys(self, relation: str, theirs: bool) -> str:
        """Return the query of the keys of received rows that are theirs, or are not."""
        return (
            f"select record_key from {relation} where record_key is not null "
            f"and {'' if theirs else 'not '}{self._is_theirs}"
        )

    def _texts(self) -> list[str]:
        return [name for name, data_type in self.columns.items() if data_type == "VARCHAR"]

    def _ownership(self) -> list[str]:
        """Return conditions, each of which makes a row theirs."""
        texts = self._texts()
        named = [self.persons.has_id(quote_name(name)) for name in texts if is_customer(name)]
        by_key = [self._has_key(name) for name in texts if self.persons.owns_by(name)]
        if "raw_record" in texts:
            for name in ("customer_id", *self.persons.key_names):
                value = f"(raw_record ->> {quote(name)})"
                by_key.append(
                    self.persons.has_id(value)
                    if is_customer(name)
                    else f"{value} in {self._keys(name)}"
                )
        if "customer_id" in texts:
            by_key = [f"customer_id is null and {condition}" for condition in by_key]
        # Broken lines, and keys made of several parts, hold an id among other things.
        by_text = [
            self.persons.mentioned_in(name, is_personal=True)
            for name in ("raw_record", "record_key")
            if name in texts
        ]
        return [*named, *by_key, *by_text]

    def _changes(self) -> dict[str, _Change]:
        """Return what is changed in rows of others, by column."""
        found: dict[str, _Change] = {}
        for name, data_type in self.columns.items():
            column = quote_name(name)
            if data_type == "VARCHAR" and not is_customer(name):
                personal = is_personal(self.name, name)
                emptied = self._is_emptied(name)
                mentioned = self.persons.mentioned_in(column, personal)
                if emptied == mentioned == "false":
                    continue
                found[name] = _Change(
                    f"({emptied} or {mentioned})",
                    f"case when not {emptied} then "
                    f"{self.persons.withheld_from(column, personal)} end",
                )
            elif data_type == "VARCHAR[]":
                found[name] = _filtered(column, _is_one_of("x", self.persons.ids))
            elif data_type.startswith("STRUCT(") and data_type.endswith(")[]"):
                conditions = [
                    _is_one_of(f"x.{field}", values) for field, values in self._fields(data_type)
                ]
                if conditions:
                    found[name] = _filtered(column, " or ".join(conditions))
        return found

    def _is_emptied(self, name: str) -> str:
        """Return the condition that a text of a row of others is a key or a text of theirs."""
        if self.is_received:
            # Keys stay as they were delivered, whoever is forgotten.
            return "false"
        if self.persons.key_of(name) and not self.persons.owns_by(name):
            return f"coalesce({self._has_key(name)}, false)"
        has_owner = "customer_id" in self.columns
        if (
            self.persons.texts
            and _FREE_TEXT.fullmatch(name)
            and not (has_owner and name == "comment")
        ):
            return f"coalesce({quote_name(name)} in {_TEXTS}, false)"
        return "false"

    def _fields(self, data_type: str) -> Iterable[tuple[str, Iterable[str]]]:
        """Yield the fields of a list of structs by which one of them is theirs."""
        for name, _ in duckdb.type(data_type).children[0][1].children:
            if is_customer(name):
                yield quote_name(name), self.persons.ids
            elif name in self.persons.key_names:
                yield quote_name(name), self.persons.keys.get(name, ())

    def _has_key(self, column: str) -> str:
        return f"{quote_name(column)} in {self._keys(self.persons.key_of(column))}"

    def _keys(self, name: str | None) -> str:
        of_name = f" where name = {quote(name)}" if name in self.persons.key_names else ""
        return f"(select value from memory.main.forgotten_keys{of_name})"


def _filtered(column: str, condition: str) -> _Change:
    """Return the change of a list that some of its elements, called ``x``, are left out of."""
    kept = f"list_filter({column}, x -> not ({condition}))"
    return _Change(f"coalesce(len({kept}) < len({column}), false)", kept)


def _is_one_of(value: str, values: Iterable[str]) -> str:
    # Written out, since a lambda takes no subquery.
    written = ", ".join(map(quote, sorted(values)))
    return f"coalesce({value} in ({written or 'null'}), false)"


def _any(conditions: Iterable[str]) -> str:
    found = " or ".join(f"({condition})" for condition in conditions)
    return f"coalesce({found}, false)" if found else "false"


def cleanings(
    connection: duckdb.DuckDBPyConnection, database: str, persons: Persons
) -> dict[tuple[str, str], Cleaning]:
    """Return the cleaning of each table of a database."""
    not_null: dict[tuple[str, str], set[str]] = {}
    for schema, table, column in connection.execute(
        "select schema_name, table_name, column_name from duckdb_columns() "
        "where database_name = $1 and not is_nullable",
        [database],
    ).fetchall():
        not_null.setdefault((schema, table), set()).add(column)
    return {
        (schema, table): Cleaning(
            table, columns, persons, frozenset(not_null.get((schema, table), ()))
        )
        for (schema, table), columns in tables_of(connection, database).items()
    }


def traces(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    found: Mapping[tuple[str, str], Cleaning],
    place: str,
) -> list[Trace]:
    """Return what the tables of a database hold of the persons, where they hold anything."""
    result = []
    for (schema, table), cleaning in found.items():
        rows, values = cleaning.counts(connection, path_of(database, schema, table))
        if rows or values:
            result.append(Trace(place, f"{schema}.{table}", rows, values))
    return result
