"""The published file as pages and notebooks read it: never half of a publication, never an old one.

    marts = PublishedFile("warehouse/csat.duckdb")
    marts.query("select * from marts.dim_customers where customer_id = ?", [customer_id])
    with marts.publication() as publication:  # several queries that belong together
        publication.published_at, publication.query(...), publication.query(...)

A publication puts a new file in the place of the old one. A process that has the old file open
would be given it again by a second ``duckdb.connect`` to the same path; so it is attached to a
database in memory, a new one for each file that is found in the place.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from csat.engine import quote
from csat.project import UserError

Parameters = Sequence[object] | Mapping[str, object]

#: Name of the attached file. Not that of a schema in it, which would make names ambiguous.
_ALIAS = "published"


@dataclass(frozen=True)
class Publication:
    """One published file, held open: what it answers is of one run, whatever is published since."""

    shown_as: str
    published_at: datetime
    connection: duckdb.DuckDBPyConnection

    def query(self, sql: str, parameters: Parameters = ()) -> pa.Table:
        """Run one query, from any thread.

        Parameters
        ----------
        sql
            The query, of the project's own making. Tables are named as in ``marts.dim_customers``.
        parameters
            Whatever comes from users: a sequence for ``?``, a mapping for ``$name``.

        Raises
        ------
        UserError
            If the file does not hold what is asked for.
        """
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(f"use {_ALIAS}")
                return cursor.execute(sql, parameters or None).to_arrow_table()
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise UserError(
                f"{self.shown_as} does not hold what is asked for: run `make build`, which "
                f"publishes what this version of the project makes ({_first_line(error)})."
            ) from error
        except (duckdb.IOException, duckdb.FatalException) as error:
            raise _unreadable(self.shown_as, error) from error


class PublishedFile:
    """What is published under a path, now and after each publication; for all threads.

    Parameters
    ----------
    path
        The published file.
    shown_as
        How messages name it; its path by default.
    """

    def __init__(self, path: Path | str, shown_as: str | None = None):
        # Absolute, so that a later change of the working directory changes nothing.
        self.path = Path(path).absolute()
        self.shown_as = shown_as or str(path)
        self._lock = threading.Lock()
        self._identity: tuple[int, ...] | None = None
        self._publication: Publication | None = None

    @property
    def published_at(self) -> datetime:
        """When the file that is now in the place was published, in UTC: a key for caches."""
        return self._current().published_at

    @contextmanager
    def publication(self) -> Iterator[Publication]:
        """Hold one publication for several queries that must agree."""
        yield self._current()

    def query(self, sql: str, parameters: Parameters = ()) -> pa.Table:
        """Run one query on the newest publication; see ``Publication.query``.

        Raises
        ------
        UserError
            If the file is missing, empty or unreadable, or does not hold what is asked for.
        """
        return self._current().query(sql, parameters)

    def _current(self) -> Publication:
        with self._lock:
            identity = self._identity_in_place()
            if self._publication is None or identity != self._identity:
                # The one before is closed when the last query on it has ended.
                self._publication = _open(self.path, self.shown_as)
                self._identity = identity
            return self._publication

    def _identity_in_place(self) -> tuple[int, ...]:
        """Tell the file in the place from any other: systems give a number (inode) anew."""
        try:
            status = self.path.stat()
        except OSError as error:
            raise UserError(
                f"{self.shown_as} is not there: run `make build`, which publishes it."
            ) from error
        return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size


def _open(path: Path, shown_as: str) -> Publication:
    """Open a published file, and nothing else, to read.

    Raises
    ------
    UserError
        If it is no published file.
    """
    connection = duckdb.connect()
    try:
        connection.execute(f"attach {quote(str(path))} as {_ALIAS} (read_only)")
        # Queries reach no other file of the machine than the history that views read.
        folders = ", ".join(quote(folder) for folder in sorted(_history_folders(connection)))
        connection.execute(f"set allowed_directories = [{folders}]")
        connection.execute("set enable_external_access = false; set lock_configuration = true")
        found = connection.execute(
            f"select published_at from {_ALIAS}.monitoring.publication"
        ).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise UserError(
            f"{shown_as} holds no publication: run `make build`, or name the file that it "
            "publishes."
        ) from error
    except duckdb.Error as error:
        raise _unreadable(shown_as, error) from error
    if len(found) != 1:
        raise UserError(f"{shown_as} holds no publication: run `make build`, which publishes one.")
    return Publication(shown_as, found[0][0], connection)


def _history_folders(connection: duckdb.DuckDBPyConnection) -> set[str]:
    try:
        files = connection.execute(f"select file from {_ALIAS}.monitoring.history_files").fetchall()
    except (duckdb.CatalogException, duckdb.BinderException):
        # Published without a mart that has a history.
        return set()
    return {str(Path(file).parent) for (file,) in files}


def _unreadable(shown_as: str, error: duckdb.Error) -> UserError:
    return UserError(
        f"{shown_as} cannot be read: run `make build` to publish it anew, or name the file that it "
        f"publishes ({_first_line(error)})."
    )


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
