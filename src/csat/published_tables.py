"""What a publication writes into the next file, attached as ``next_publication``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb
import pyarrow as pa

from csat.engine import quote, quote_name
from csat.history_files import HistoryFile, HistoryMart, view_of, write_history

#: ``monitoring.history_files`` of a published file: what its views read.
HISTORY_SCHEMA = pa.schema(
    [
        ("mart", pa.string()),
        ("file", pa.string()),
        ("first_date", pa.date32()),
        ("last_date", pa.date32()),
        ("rows", pa.int64()),
    ]
)


def write_relations(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    relations: Iterable[tuple[str, str]],
    histories: Iterable[HistoryMart],
    history_folder: Path,
) -> list[int]:
    """Write relations of a build database to the next file, and return how many rows each has.

    Those with a history are views of its files below ``history_folder``.
    """
    with_history = {(mart.schema, mart.name): mart for mart in histories}
    keys = _primary_keys(connection, database)
    rows, told = [], []
    for schema, name in relations:
        connection.execute(f"create schema if not exists next_publication.{quote_name(schema)}")
        if (schema, name) in with_history:
            files = write_history(
                connection,
                database,
                with_history[schema, name],
                history_folder / f"{schema}.{name}",
            )
            _create_view(connection, database, schema, name, files)
            told += [(f"{schema}.{name}", file) for file in files]
            rows.append(sum(file.rows for file in files))
        else:
            rows.append(_copy(connection, database, schema, name))
            if (schema, name) in keys:
                connection.execute(
                    f"alter table next_publication.{quote_name(schema)}.{quote_name(name)} "
                    f"add primary key ({', '.join(map(quote_name, keys[schema, name]))})"
                )
    copy_comments(connection, database, "next_publication")
    tell(connection, "history_files", _history_table(told), "One row per file of a view's history.")
    return rows


def _history_table(files: Iterable[tuple[str, HistoryFile]]) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "mart": mart,
                "file": str(file.file),
                "first_date": file.first_date,
                "last_date": file.last_date,
                "rows": file.rows,
            }
            for mart, file in files
        ],
        schema=HISTORY_SCHEMA,
    )


def _create_view(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    schema: str,
    name: str,
    files: list[HistoryFile],
) -> None:
    target = f"next_publication.{quote_name(schema)}.{quote_name(name)}"
    source = f"{quote_name(database)}.{quote_name(schema)}.{quote_name(name)}"
    if not files:
        # Nothing is scored yet: a table of no rows has the same columns.
        connection.execute(f"create table {target} as select * from {source} limit 0")
        return
    columns = [column for column, *_ in connection.execute(f"describe {source}").fetchall()]
    connection.execute(f"create view {target} as {view_of(files, columns)}")


def _copy(connection: duckdb.DuckDBPyConnection, database: str, schema: str, name: str) -> int:
    source = f"{quote_name(database)}.{quote_name(schema)}.{quote_name(name)}"
    target = f"next_publication.{quote_name(schema)}.{quote_name(name)}"
    connection.execute(f"create table {target} as select * from {source}")
    ((rows,),) = connection.execute(f"select count(*) from {target}").fetchall()
    return rows


def _primary_keys(
    connection: duckdb.DuckDBPyConnection, database: str
) -> dict[tuple[str, str], list[str]]:
    return {
        (schema, name): columns
        for schema, name, columns in connection.execute(
            "select schema_name, table_name, constraint_column_names from duckdb_constraints() "
            "where constraint_type = 'PRIMARY KEY' and database_name = $1",
            [database],
        ).fetchall()
    }


def copy_comments(connection: duckdb.DuckDBPyConnection, database: str, target: str) -> None:
    """Give the tables and views of one database the comments that they have in another one.

    All at once: the engine looks through the whole catalogue for each question about it.
    """
    kinds = {
        (schema, name): kind
        for schema, name, kind in connection.execute(
            "select table_schema, table_name, if(table_type = 'VIEW', 'view', 'table') "
            "from information_schema.tables where table_catalog = $1",
            [target],
        ).fetchall()
    }
    comments = connection.execute(
        "select schema_name, table_name, column_name, comment from duckdb_columns() "
        "where database_name = $1 and comment is not null "
        "union all select schema_name, table_name, null, comment from duckdb_tables() "
        "where database_name = $1 and comment is not null "
        "union all select schema_name, view_name, null, comment from duckdb_views() "
        "where database_name = $1 and comment is not null",
        [database],
    ).fetchall()
    statements = ["begin"]
    for schema, name, column, comment in comments:
        if (schema, name) in kinds:
            kind = kinds[schema, name] if column is None else "column"
            path = (target, schema, name, *([] if column is None else [column]))
            place = ".".join(map(quote_name, path))
            statements.append(f"comment on {kind} {place} is {quote(comment)}")
    connection.execute("; ".join([*statements, "commit"]))


def tell(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table, comment: str) -> None:
    """Write a table of the publication itself to the next file."""
    target = f"next_publication.monitoring.{name}"
    connection.register("csat_told", rows)
    connection.execute("create schema if not exists next_publication.monitoring")
    connection.execute(f"create table {target} as select * from csat_told")
    connection.execute(f"comment on table {target} is {quote(comment)}")
    connection.unregister("csat_told")
