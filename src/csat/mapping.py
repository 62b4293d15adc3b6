"""Mapping what a company has onto the source contract, by one SQL file."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path

import duckdb

from csat.contract import Table
from csat.engine import quote, quote_name
from csat.project import UserError

#: So many lines of what DuckDB says: what is wrong, what it would have known, and where.
LINES_OF_A_MESSAGE = 4


def map_to_contract(
    sql_file: Path,
    out: Path,
    contract: Mapping[str, Table],
    variables: Mapping[str, str],
    report: Callable[[str], None] = lambda line: None,
) -> dict[str, int]:
    """Run an SQL file and write what it makes for the contract's tables as Parquet.

    Every table or view that the file creates under the name of a contract table becomes
    ``<out>/<name>.parquet``; others are its own business. The file reads ``variables`` with
    ``getvariable('name')``. ``report`` is told of views and columns that the contract does not know
    and that are called much like what it misses.

    Returns the number of rows by table.

    Raises
    ------
    UserError
        If the SQL fails, makes none of the contract's tables, or one without its required columns.
    """
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    for name, value in variables.items():
        connection.execute(f"set variable {quote_name(name)} = {quote(value)}")
    try:
        sql = sql_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{sql_file} cannot be read: {error}") from error
    try:
        connection.execute(sql)
    except duckdb.Error as error:
        raise UserError(f"{sql_file} failed: {_in_words(error, sql, variables)}") from error
    made = {
        name
        for (name,) in connection.execute(
            "select table_name from information_schema.tables where table_schema = 'main'"
        ).fetchall()
    }
    tables = [name for name in contract if name in made]
    if not tables:
        raise UserError(
            f"{sql_file} creates no table of the contract: create views named "
            f"{', '.join(contract)}, at least customers and survey_responses."
        )
    for line in _near_misses(made, contract):
        report(f"{sql_file}: the view {line}")
    out.mkdir(parents=True, exist_ok=True)
    rows = {}
    for table in tables:
        columns = _columns(connection, table)
        _require_columns(columns, sql_file, contract[table])
        known = [column.name for column in contract[table].columns]
        for line in _near_misses(columns, known):
            report(f"{sql_file}: the table {table}, the column {line}")
        target = quote(str(out / f"{table}.parquet"))
        try:
            (count,) = connection.execute(f"copy {table} to {target} (format parquet)").fetchone()  # type: ignore[misc]
        except duckdb.Error as error:
            raise UserError(
                f"{sql_file}: the table {table} cannot be written: "
                f"{_in_words(error, sql, variables)}"
            ) from error
        rows[table] = count
    return rows


def _in_words(error: duckdb.Error, sql: str, variables: Mapping[str, str]) -> str:
    """Return what the engine says in one line, with the mend where it does not say it."""
    lines = [line.strip() for line in str(error).splitlines()]
    # A line of its own under another one points at a place in it.
    told = [line for line in lines if line.strip("^")][:LINES_OF_A_MESSAGE]
    unset = sorted(set(re.findall(r"getvariable\('(\w+)'\)", sql)) - variables.keys())
    if unset:
        told.append(f"give {' and '.join(f'--set {name}=…' for name in unset)}")
    if "not utf-8 encoded" in str(error):
        told += [line for line in lines if re.match(r"file ?=", line)]
        told.append("convert that file: iconv -f WINDOWS-1252 -t UTF-8 old.csv > new.csv")
    return "; ".join(told)


def _near_misses(found: Iterable[str], known: Collection[str]) -> list[str]:
    """Return a sentence for each name that is not known, but much like one that is not there."""
    found = set(found)
    absent = [name for name in known if name not in found]
    return [
        f"{name} is none of the contract: did you mean {close[0]}?"
        for name in sorted(found - set(known))
        if (close := get_close_matches(name, absent, n=1, cutoff=0.75))
    ]


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    described = connection.execute(
        "select lower(column_name) from information_schema.columns where table_name = $1", [table]
    ).fetchall()
    return [name for (name,) in described]


def _require_columns(columns: Collection[str], sql_file: Path, table: Table) -> None:
    missing = [name for name in table.required_columns if name not in columns]
    if missing:
        raise UserError(
            f"{sql_file}: the table {table.name} has no column {' and no column '.join(missing)}: "
            "add it to the view."
        )
