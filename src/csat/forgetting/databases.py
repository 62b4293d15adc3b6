"""A database written anew without persons, so that not even freed blocks of the file hold them.

DuckDB leaves deleted rows in the file until their blocks are used again. So nothing is deleted:
what stays is copied to a new file, with keys, comments and views, and the new file takes the place
of the old one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from csat.engine import quote, quote_name
from csat.forgetting.cleaning import Cleaning, Trace, cleanings, traces
from csat.forgetting.persons import Persons, path_of
from csat.project import UserError
from csat.published_tables import copy_comments

#: The new file, in the connection that writes it.
NEW = "without_persons"
#: The oldest format that DuckDB writes, as it does by itself and publications do.
_STORAGE_VERSION = "v1.0.0"


@contextmanager
def opened(file: Path, persons: Persons, name: str | None = None) -> Iterator[tuple]:
    """Attach a database to read, and yield the connection and the database's name.

    Raises
    ------
    UserError
        If it cannot be opened.
    """
    name = name or file.stem
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        try:
            connection.execute(f"attach {quote(str(file))} as {quote_name(name)} (read_only)")
        except duckdb.Error as error:
            raise UserError(
                f"{file} cannot be read: let whoever holds it end, or remove it if it is no file "
                f"of this project ({str(error).splitlines()[0]})."
            ) from error
        persons.register(connection)
        yield connection, name


def traces_in(file: Path, persons: Persons, place: str) -> list[Trace]:
    """Return what the tables of a database hold of persons."""
    with opened(file, persons) as (connection, database):
        return traces(connection, database, cleanings(connection, database, persons), place)


def write_without(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    found: Mapping[tuple[str, str], Cleaning],
    file: Path,
    views: Mapping[tuple[str, str], str] | None = None,
) -> None:
    """Copy an attached database to a new file without the persons, left attached as ``NEW``.

    Parameters
    ----------
    connection, database
        The old database.
    found
        The cleaning of each of its tables.
    file
        The new file; one that is there was left by a run that was broken off.
    views
        Queries of views that are not to be copied as they are.
    """
    file.unlink(missing_ok=True)
    file.with_name(file.name + ".wal").unlink(missing_ok=True)
    connection.execute(
        f"attach {quote(str(file))} as {NEW} (storage_version {quote(_STORAGE_VERSION)})"
    )
    connection.execute(f"use {NEW}")
    # At once: each commit waits for the disk.
    connection.execute("begin")
    for (schema,) in connection.execute(
        "select schema_name from duckdb_schemas() where database_name = $1 and not internal "
        "and schema_name <> 'main'",
        [database],
    ).fetchall():
        connection.execute(f"create schema {quote_name(schema)}")
    statements = {
        (schema, table): sql
        for schema, table, sql in connection.execute(
            "select schema_name, table_name, sql from duckdb_tables() where database_name = $1",
            [database],
        ).fetchall()
    }
    for (schema, table), cleaning in found.items():
        connection.execute(statements[schema, table])
        connection.execute(
            f"insert into {path_of(NEW, schema, table)} "
            f"{cleaning.query(path_of(database, schema, table))}"
        )
    for schema, view, sql in connection.execute(
        "select schema_name, view_name, sql from duckdb_views() "
        "where database_name = $1 and not internal",
        [database],
    ).fetchall():
        is_other = views is not None and (schema, view) in views
        connection.execute(
            f"create view {path_of(NEW, schema, view)} as {views[schema, view]}"
            if is_other
            else sql
        )
    connection.execute("commit")
    copy_comments(connection, database, NEW)
    connection.execute("use memory")


def close_written(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Detach the new file and have the system write it whole."""
    connection.execute(f"checkpoint {NEW}")
    connection.execute(f"detach {NEW}")
    with file.open("rb") as written:
        os.fsync(written.fileno())
