"""Long history of a mart as immutable Parquet files, which publications share.

A mart of a row per customer and day grows by a day every day. Its published form is a view of
files: one per month, and one per day of the time that is not settled yet. A file is named after
a fingerprint of what it is written from, so a publication writes only what is not there: the
new day, days that late rows changed, and a month once when it is over. No file is ever changed,
so that older generations read what they always read.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

import duckdb

from csat.engine import quote, quote_name
from csat.project import UserError

#: Part of every fingerprint: a change in how files are written writes them all anew.
_FORM = "1"
_UNFINISHED = ".next"
#: Smaller than the engine's own: a reading of one customer unpacks one group a month.
_ROWS_OF_A_GROUP = 30_720


@dataclass(frozen=True)
class HistoryMart:
    """A mart with history, as its configuration says.

    Parameters
    ----------
    schema, name
        The mart.
    checksums
        ``(schema, name)`` of a table of the build file with a row per day: ``score_date``,
        ``scored_rows`` and a ``checksum`` of all that the day's rows are computed from.
    key
        Column by which the rows of a month are sorted before the day.
    days_looked_back
        Days before a day that its rows are computed from too.
    days_open
        Days up to the newest one that have files of their own, since they may change.
    """

    schema: str
    name: str
    checksums: tuple[str, str]
    key: str
    days_looked_back: int
    days_open: int


@dataclass(frozen=True)
class HistoryFile:
    """One file: the days that it holds, and how many rows."""

    file: Path
    first_date: date
    last_date: date
    rows: int


def write_history(
    connection: duckdb.DuckDBPyConnection, database: str, mart: HistoryMart, folder: Path
) -> list[HistoryFile]:
    """Write the files of a mart that are not there yet, and return all that it consists of.

    Raises
    ------
    UserError
        If a file does not hold the rows that its days should have.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = plan_history(connection, database, mart, folder)
    for file in files:
        if not file.file.exists():
            _write(connection, database, mart, file)
    return files


def plan_history(
    connection: duckdb.DuckDBPyConnection, database: str, mart: HistoryMart, folder: Path
) -> list[HistoryFile]:
    """Return the files that a mart consists of, whether they are there or not."""
    definition = _definition(connection, database, mart)
    checksums = _checksums(connection, database, mart)
    files = []
    for first_date, last_date in _stretches(sorted(checksums), mart.days_open):
        days = [day for day in sorted(checksums) if first_date <= day <= last_date]
        seen_from = first_date - timedelta(mart.days_looked_back)
        origin = [checksums[day] for day in sorted(checksums) if seen_from <= day <= last_date]
        files.append(
            HistoryFile(
                folder / _file_name(first_date, last_date, _fingerprint(definition, origin)),
                first_date,
                last_date,
                sum(checksums[day][1] for day in days),
            )
        )
    return files


def view_of(files: Iterable[HistoryFile], columns: Iterable[str]) -> str:
    """Return the query of a view of the files. Their paths are absolute.

    A relative one would start at the working directory of whoever reads.
    """
    names = ", ".join(quote(str(file.file)) for file in files)
    return (
        f"select {', '.join(map(quote_name, columns))} "
        f"from read_parquet([{names}], hive_partitioning = false)"
    )


def remove_unread(folder: Path, read: set[Path]) -> list[Path]:
    """Remove the files below a folder that nobody reads, and return them."""
    removed = [file for file in sorted(folder.rglob("*")) if file.is_file() and file not in read]
    for file in removed:
        file.unlink()
    return removed


def _definition(
    connection: duckdb.DuckDBPyConnection, database: str, mart: HistoryMart
) -> list[str]:
    """Return the SQL of the mart and of all views that it is made of: band cut-offs stand in it."""
    views = {
        (schema, name): sql
        for schema, name, sql in connection.execute(
            "select schema_name, view_name, sql from duckdb_views() "
            "where database_name = $1 and not internal",
            [database],
        ).fetchall()
    }
    found: dict[tuple[str, str], str] = {}
    open_ends = [(mart.schema, mart.name)]
    while open_ends:
        view = open_ends.pop()
        if view in views and view not in found:
            found[view] = views[view]
            open_ends += [other for other in views if _mentions(views[view], *other)]
    # The engine tells types in one way of a view of this session, in another of one read from disk.
    return [re.sub(r'[\s"]+', "", found[view]) for view in sorted(found)]


def _mentions(sql: str, schema: str, name: str) -> bool:
    plain = sql.replace('"', "")
    return f"{schema}.{name}" in plain


def _checksums(
    connection: duckdb.DuckDBPyConnection, database: str, mart: HistoryMart
) -> dict[date, tuple[str, int]]:
    table = ".".join(quote_name(part) for part in (database, *mart.checksums))
    return {
        day: (checksum, rows)
        for day, checksum, rows in connection.execute(
            f"select score_date, checksum, scored_rows from {table}"
        ).fetchall()
    }


def _stretches(days: Sequence[date], days_open: int) -> Iterator[tuple[date, date]]:
    """Yield the first and the last day of each file.

    A month is one file when none of its days is open any more. Until then each day is one: late
    rows and the day that is added write days, not months.
    """
    if not days:
        return
    first_open = (days[-1] - timedelta(days_open - 1)).replace(day=1)
    for _, month in groupby(
        (day for day in days if day < first_open), key=lambda day: (day.year, day.month)
    ):
        of_month = list(month)
        yield of_month[0], of_month[-1]
    for day in days:
        if day >= first_open:
            yield day, day


def _fingerprint(definition: list[str], origin: list[tuple[str, int]]) -> str:
    digest = hashlib.sha256(repr((_FORM, definition, origin)).encode())
    return digest.hexdigest()[:16]


def _file_name(first_date: date, last_date: date, fingerprint: str) -> str:
    stretch = f"{first_date}" if first_date == last_date else f"{first_date:%Y-%m}"
    return f"{stretch}.{fingerprint}.parquet"


def _write(
    connection: duckdb.DuckDBPyConnection, database: str, mart: HistoryMart, file: HistoryFile
) -> None:
    source = ".".join(quote_name(part) for part in (database, mart.schema, mart.name))
    # In a month the days of a customer lie together: a reading of one customer skips all others.
    query = (
        f"select * from {source} where score_date between date '{file.first_date}' "
        f"and date '{file.last_date}' order by {quote_name(mart.key)}, score_date"
    )
    with _written_whole(connection, query, file.file) as rows:
        if rows != file.rows:
            raise UserError(
                f"{mart.name} has {rows} rows from {file.first_date} to {file.last_date}, and "
                f"{'.'.join(mart.checksums)} counts {file.rows}: build anew with --full-refresh."
            )


def write_parquet(connection: duckdb.DuckDBPyConnection, query: str, file: Path) -> int:
    """Write the rows of a query as a file of a history, whole or not at all; return how many."""
    with _written_whole(connection, query, file) as rows:
        return rows


@contextmanager
def _written_whole(connection: duckdb.DuckDBPyConnection, query: str, file: Path) -> Iterator[int]:
    """Write rows beside a file and give their number; put them in place if all went well."""
    unfinished = file.with_name(file.name + _UNFINISHED)
    connection.execute(
        f"copy ({query}) to {quote(str(unfinished))} (format parquet, compression zstd, "
        f"row_group_size {_ROWS_OF_A_GROUP})"
    )
    ((rows,),) = connection.execute(
        f"select count(*) from read_parquet({quote(str(unfinished))})"
    ).fetchall()
    yield rows
    with unfinished.open("rb") as written:
        os.fsync(written.fileno())
    unfinished.replace(file)
