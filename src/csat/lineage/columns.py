"""Column-level lineage, read from the compiled SQL of dbt's manifest.

A column of a model in SQL comes from the columns that its expression names, followed through the
query's own parts to the tables that it reads. What a Python model does cannot be read: each of its
columns comes from all of its inputs. So does a column whose SQL cannot be followed, such as one
that is unnested from a list. Base models read files, which no SQL names as a table: their columns
come from those of the same name in the source that they read.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope
from sqlglot.schema import MappingSchema

DIALECT = "duckdb"
#: In the place of a column: any of the table, since it cannot be told which.
ANY = "*"

#: A relation by schema and name, with its columns and their types.
Relations = Mapping[tuple[str, str], Mapping[str, str]]


@dataclass(frozen=True)
class Column:
    """A column of a table; `ANY` for all of it."""

    table: str
    name: str

    def __str__(self) -> str:
        return f"{self.table}.{self.name}"


@dataclass(frozen=True)
class Lineage:
    """What each column is made from.

    Attributes
    ----------
    parents
        By column, the columns that it is made from, in order of their names. Columns of sources and
        seeds have none.
    not_followed
        Columns of models in SQL that could not be followed, and so come from all inputs.
    """

    parents: Mapping[Column, tuple[Column, ...]]
    not_followed: tuple[Column, ...]

    def origins(self, column: Column) -> set[Column]:
        """Return the columns without parents that a column goes back to."""
        found, seen, open_ends = set(), set(), [column]
        while open_ends:
            end = open_ends.pop()
            if end in seen:
                continue
            seen.add(end)
            parents = self.parents.get(end, ())
            if end.name == ANY:
                parents = tuple(
                    parent
                    for child, above in self.parents.items()
                    if child.table == end.table
                    for parent in above
                )
            open_ends += parents
            if not parents:
                found.add(end)
        return found


def read_lineage(manifest: Mapping, relations: Relations) -> Lineage:
    """Return the lineage of all columns of a project.

    Parameters
    ----------
    manifest
        dbt's manifest, with compiled SQL.
    relations
        Columns of everything that is built, as the database has them.
    """
    nodes = {**manifest["sources"], **manifest["nodes"]}
    tables = {
        (node["schema"], node.get("alias") or node["identifier"]): node
        for node in nodes.values()
        if node["resource_type"] in ("model", "seed", "source")
    }
    schema = MappingSchema(_nested(relations), dialect=DIALECT)
    parents: dict[Column, tuple[Column, ...]] = {}
    not_followed: list[Column] = []
    for relation, node in tables.items():
        # Sources are files, and stand in no database; the contract has their columns.
        names = relations.get(relation) or (
            node["columns"] if node["resource_type"] == "source" else ()
        )
        columns = [Column(node["name"], name) for name in names]
        found: dict[str, set[Column]] = {}
        inputs = [
            nodes[above] for above in node.get("depends_on", {}).get("nodes", ()) if above in nodes
        ]
        is_sql = node["resource_type"] == "model" and node.get("language") == "sql"
        if is_sql and node.get("compiled_code"):
            found = _of_query(node["compiled_code"], columns, schema, tables)
        for column in columns:
            if column.name in found:
                parents[column] = tuple(sorted(found[column.name], key=str))
                continue
            parents[column] = tuple(
                Column(each["name"], column.name)
                for each in inputs
                if each["resource_type"] == "source" and column.name in each["columns"]
            )
            if parents[column]:
                continue
            parents[column] = tuple(Column(each["name"], ANY) for each in inputs)
            if is_sql:
                not_followed.append(column)
    return Lineage(parents, tuple(not_followed))


def _nested(relations: Relations) -> dict:
    nested: dict[str, dict[str, Mapping[str, str]]] = {}
    for (schema, name), columns in relations.items():
        nested.setdefault(schema, {})[name] = columns
    return nested


def _of_query(
    sql: str,
    columns: Iterable[Column],
    schema: MappingSchema,
    tables: Mapping[tuple[str, str], Mapping],
) -> dict[str, set[Column]]:
    """Return what each column of a query is made from; without those that cannot be followed."""
    try:
        query = parse_one(sql, dialect=DIALECT).transform(_without_database)
        query = qualify(query, schema=schema, dialect=DIALECT, validate_qualify_columns=False)
        scope = build_scope(query)
    except SqlglotError:
        return {}
    found: dict[str, set[Column]] = {}
    # It warns of each subquery that it cannot look into; such columns are told as not followed.
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    for column in columns:
        try:
            root = lineage(
                column.name,
                query,
                schema=schema,
                dialect=DIALECT,
                scope=scope,
                trim_selects=False,
                copy=False,
            )
        except (SqlglotError, ValueError):
            continue
        ends = {
            (node.expression, node.name)
            for node in root.walk()
            if isinstance(node.expression, exp.Table)
        }
        above = {
            Column(tables[table.db, table.name]["name"], name.rpartition(".")[2].strip('"'))
            for table, name in ends
            if (table.db, table.name) in tables
        }
        # A constant has no parents; a column of a table that is none of the project's is lost.
        if len(above) or not ends:
            found[column.name] = above
    return found


def _without_database(expression: exp.Expression) -> exp.Expression:
    """Name tables by schema and name alone: files, and so databases, have other names elsewhere."""
    if isinstance(expression, exp.Table) and expression.args.get("catalog"):
        expression.set("catalog", None)
    return expression
