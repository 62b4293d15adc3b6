"""Who is to be forgotten, and what they have left: ids, keys of their records, what they wrote.

What a column holds is told by its name, as everywhere in the project: ``customer_id`` (also with a
word before it), keys of the source contract (``contact_id``, ``similar_response_id``), free text
(:mod:`csat.personal_data`). No list of tables is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from csat.contract import Table
from csat.engine import quote, quote_name

#: What stands in texts in the place of an id.
WITHHELD = "[forgotten]"
#: A shorter id is looked for in personal columns only, as "12" means something else elsewhere.
LEAST_DISTINCTIVE = 6
#: Keys under names that do not say of what.
_ANY_KEY = frozenset({"record_id", "unit_id", "example_id"})
_CUSTOMER = re.compile(r"(\w+_)?customer_id")
_OWN_COMMENT = frozenset({"comment", "comment_text"})
#: Ids of one regular expression, and so many as are looked for one by one first.
_ONE_PATTERN, _FEW = 200, 20
#: Groups of a match, in a replacement.
_FIRST, _THIRD = r"\1", r"\3"


@dataclass
class Persons:
    """Customers to be forgotten, with all by which their records are found.

    Parameters
    ----------
    ids
        Their ids.
    key_names
        Columns of the contract that are the whole key of a record of one customer.
    keys
        Values of these keys that belong to them, by name.
    texts
        What they wrote, by which examples are found that are shown without a name.
    """

    ids: frozenset[str]
    key_names: tuple[str, ...]
    keys: dict[str, set[str]] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)

    def key_of(self, column: str) -> str | None:
        """Return the key that a column holds, under whatever name; nothing for other columns."""
        if column in _ANY_KEY:
            return column
        for name in self.key_names:
            if column == name or column.endswith(f"_{name}"):
                return name
        return None

    def owns_by(self, column: str) -> bool:
        """Return whether a key in this column says whose the row is, and not what it refers to."""
        return column in self.key_names or column in _ANY_KEY

    def mentioned_in(self, column: str, is_personal: bool) -> str:
        """Return the SQL condition that an id stands by itself in a text; `false` for no ids."""
        found = [
            f"regexp_matches({column}, {quote(pattern)})" for pattern in self._patterns(is_personal)
        ]
        if not found:
            return "false"
        may_be = self._may_be_mentioned_in(column)
        return f"case when {may_be} then {' or '.join(found)} else false end"

    def withheld_from(self, value: str, is_personal: bool) -> str:
        """Return the SQL of a text with another word in the place of ids."""
        # Twice, since two ids may share the sign between them.
        for pattern in self._patterns(is_personal) * 2:
            new = quote(_FIRST + WITHHELD + _THIRD)
            value = f"regexp_replace({value}, {quote(pattern)}, {new}, 'g')"
        return value

    def has_id(self, column: str) -> str:
        """Return the SQL condition that a column holds one of the ids, and nothing else."""
        if len(self.ids) <= _ONE_PATTERN:
            # Written out, which the engine checks against the statistics of each block.
            return f"coalesce({column} in ({', '.join(map(quote, sorted(self.ids)))}), false)"
        return f"coalesce({column} in (from memory.main.forgotten_ids), false)"

    def _patterns(self, is_personal: bool) -> list[str]:
        """Return regular expressions that match a text in which an id stands by itself."""
        ids = sorted(one for one in self.ids if len(one) >= LEAST_DISTINCTIVE or is_personal)
        return [
            "(^|[^A-Za-z0-9])("
            + "|".join(map(re.escape, ids[start : start + _ONE_PATTERN]))
            + ")($|[^A-Za-z0-9])"
            for start in range(0, len(ids), _ONE_PATTERN)
        ]

    def _may_be_mentioned_in(self, column: str) -> str:
        """Return a condition that is quick to tell, and true of every text that has an id in it."""
        if len(self.ids) > _FEW:
            return "true"
        return " or ".join(f"contains({column}, {quote(one)})" for one in sorted(self.ids))

    def register(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Give a connection the tables ``forgotten_ids``, ``…_keys`` and ``…_texts``."""
        keys = [(name, value) for name, values in self.keys.items() for value in values]
        for name, columns in {
            "ids": {"value": sorted(self.ids)},
            "keys": {"name": [key[0] for key in keys], "value": [key[1] for key in keys]},
            "texts": {"value": sorted(self.texts)},
        }.items():
            rows = pa.table(
                {column: pa.array(values, pa.string()) for column, values in columns.items()}
            )
            connection.register("csat_forgotten", rows)
            connection.execute(
                f"create or replace table memory.main.forgotten_{name} as "
                "select * from csat_forgotten"
            )
            connection.unregister("csat_forgotten")

    def gather(self, connection: duckdb.DuckDBPyConnection, database: str) -> None:
        """Add keys and texts of theirs that a database knows."""
        for (schema, table), columns in tables_of(connection, database).items():
            if columns.get("customer_id") != "VARCHAR":
                continue
            place = path_of(database, schema, table)
            for column in columns:
                values = self.keys.setdefault(column, set()) if column in self.key_names else None
                if column in _OWN_COMMENT:
                    values = self.texts
                if values is None or columns[column] != "VARCHAR":
                    continue
                values.update(
                    value
                    for (value,) in connection.execute(
                        f"select distinct {quote_name(column)} from {place} "
                        f"where {self.has_id('customer_id')} and {quote_name(column)} is not null"
                    ).fetchall()
                )
        self.register(connection)


def persons_of(ids: Iterable[str], contract: Mapping[str, Table]) -> Persons:
    """Return the customers of these ids, of whose records nothing is known yet."""
    names = []
    for table in contract.values():
        keys = [column.name for column in table.columns if column.is_key]
        columns = [column.name for column in table.columns]
        if "customer_id" in columns and len(keys) == 1 and keys != ["customer_id"]:
            names.append(keys[0])
    return Persons(frozenset(ids), tuple(names))


def tables_of(
    connection: duckdb.DuckDBPyConnection, database: str
) -> dict[tuple[str, str], dict[str, str]]:
    """Return the tables of a database, no views, with the types of their columns."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, data_type in connection.execute(
        "select tables.schema_name, tables.table_name, columns.column_name, columns.data_type "
        "from duckdb_columns() as columns inner join duckdb_tables() as tables "
        "on columns.table_oid = tables.table_oid and columns.database_name = tables.database_name "
        "where columns.database_name = $1 "
        "order by tables.schema_name, tables.table_name, columns.column_index",
        [database],
    ).fetchall():
        found.setdefault((schema, table), {})[column] = data_type
    return found


def is_customer(column: str) -> bool:
    """Return whether a column names a customer."""
    return _CUSTOMER.fullmatch(column) is not None


def path_of(*parts: str) -> str:
    """Return the quoted name of something in a database."""
    return ".".join(map(quote_name, parts))
