"""Mapping what a company has onto the source contract, by one SQL file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from csat.contract import Table
from csat.engine import quote, quote_name
from csat.project import UserError


def map_to_contract(
    sql_file: Path, out: Path, contract: Mapping[str, Table], variables: Mapping[str, str]
) -> dict[str, int]:
    """Run an SQL file and write what it makes for the contract's tables as Parquet.

    Every table or view that the file creates under the name of a contract table becomes
    ``<out>/<name>.parquet``; others are its own business. The file reads ``variables`` with
    ``getvariable('name')``.

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
        connection.execute(sql_file.read_text(encoding="utf-8"))
    except (OSError, duckdb.Error) as error:
        raise UserError(f"{sql_file} failed: {str(error).splitlines()[0]}") from error
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
    out.mkdir(parents=True, exist_ok=True)
    rows = {}
    for table in tables:
        _require_columns(connection, sql_file, contract[table])
        target = quote(str(out / f"{table}.parquet"))
        try:
            (count,) = connection.execute(f"copy {table} to {target} (format parquet)").fetchone()  # type: ignore[misc]
        except duckdb.Error as error:
            raise UserError(
                f"{sql_file}: the table {table} cannot be written: {str(error).splitlines()[0]}"
            ) from error
        rows[table] = count
    return rows


def _require_columns(connection: duckdb.DuckDBPyConnection, sql_file: Path, table: Table) -> None:
    described = connection.execute(
        "select lower(column_name) from information_schema.columns where table_name = $1",
        [table.name],
    ).fetchall()
    found = {name for (name,) in described}
    missing = [name for name in table.required_columns if name not in found]
    if missing:
        raise UserError(
            f"{sql_file}: the table {table.name} has no column {' and no column '.join(missing)}: "
            "add it to the view."
        )
