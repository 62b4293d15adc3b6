"""The build file without persons: its tables, and what the next run goes by.

The next run must not take one customer less for news about all others. So checksums by which it
sees that days have changed are those of the rows that are left, and only the last day is computed
again: its figures stand beside lists of single customers, which tests compare.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import duckdb

from csat.engine import quote, quote_name
from csat.forgetting.cleaning import Cleaning, cleanings, traces
from csat.forgetting.databases import NEW, close_written, opened, write_without
from csat.forgetting.persons import Persons, path_of
from csat.history_files import HistoryFile, HistoryMart, plan_history
from csat.project import read_yaml

_STAGING = "staging"
_COMPLETED = ("monitoring", "completed_dates")
#: No checksum is like this one, so that the next run takes the day for one with news.
_TO_BE_COMPUTED_AGAIN = "a customer was forgotten"
_RECORDS_OF_FIGURES = ("counted_surveys", "changed_rows")
_ACTIVITY = ("intermediate", "int_activity_checksums")


def history_marts(
    root: Path, connection: duckdb.DuckDBPyConnection, database: str, days_open: int
) -> list[HistoryMart]:
    """Return the marts of a build file whose history is published as files, by their YAML."""
    places = {
        name: schema
        for schema, name in connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_catalog = $1",
            [database],
        ).fetchall()
    }
    marts = []
    for file in sorted((root / "models" / "marts").rglob("_*.yml")):
        for model in read_yaml(file).get("models", ()):
            history = model.get("config", {}).get("meta", {}).get("published_history")
            if history and {model["name"], history["checksums"]} <= places.keys():
                marts.append(
                    HistoryMart(
                        places[model["name"]],
                        model["name"],
                        (places[history["checksums"]], history["checksums"]),
                        history["key"],
                        history["days_looked_back"],
                        days_open,
                    )
                )
    return marts


def write_build_file_without(
    build_file: Path,
    new_file: Path,
    persons: Persons,
    customer_hashes: Iterable[str],
    marts: Sequence[HistoryMart],
) -> None:
    """Write the build file anew beside the old one, which stays in its place.

    Parameters
    ----------
    build_file, new_file
        The two files.
    persons
        Who is to be forgotten.
    customer_hashes
        Who that is, as the suppression list has it; part of the new checksums.
    marts
        Those with a history.
    """
    with opened(build_file, persons) as (connection, database):
        found = cleanings(connection, database, persons)
        write_without(connection, database, found, new_file)
        _read_again_what_has_changed(connection, database, found)
        for mart in marts:
            _count_days_anew(connection, database, mart, persons, customer_hashes)
        close_written(connection, new_file)
    _complete_days_anew(build_file, new_file, persons, found)


def planned_histories(
    file: Path, persons: Persons, name: str, marts: Sequence[HistoryMart], folder: Path
) -> list[HistoryFile]:
    """Return the history files that a build file would be published with.

    ``name`` is that of the database in its views, whatever the file is called.
    """
    with opened(file, persons, name) as (connection, database):
        return [
            planned
            for mart in marts
            for planned in plan_history(
                connection, database, mart, folder / f"{mart.schema}.{mart.name}"
            )
        ]


def _read_again_what_has_changed(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    found: dict[tuple[str, str], Cleaning],
) -> None:
    """Have staging count the tables anew that rows went from, and read those whose rows are mixed.

    A key that two customers have had is one whose versions depend on each other: only a new reading
    tells what the rest of them is.
    """
    kept = {
        table: {name for schema, name in found if schema == _STAGING} & {table}
        for table in ("rows_by_fate", "untested_rows", "read_deliveries")
    }
    for (schema, table), cleaning in found.items():
        if not cleaning.is_received:
            continue
        place = path_of(database, schema, table)
        rows, _ = cleaning.counts(connection, place)
        if not rows:
            continue
        ((mixed,),) = connection.execute(
            f"select count(*) from ({cleaning.record_keys(place, theirs=True)} intersect "
            f"{cleaning.record_keys(place, theirs=False)})"
        ).fetchall()
        for record in ("rows_by_fate", "untested_rows", *(["read_deliveries"] if mixed else [])):
            if kept[record]:
                connection.execute(
                    f"delete from {path_of(NEW, _STAGING, record)} where reader = {quote(table)}"
                )
    # Without a record of them, figures of surveys are made anew from all that is left.
    for record in _RECORDS_OF_FIGURES:
        if (_STAGING, record) in found:
            connection.execute(f"delete from {path_of(NEW, _STAGING, record)}")


def _count_days_anew(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    mart: HistoryMart,
    persons: Persons,
    customer_hashes: Iterable[str],
) -> None:
    """Give days that rows went from another checksum, and the number of rows that are left."""
    who = hashlib.sha256("".join(sorted(customer_hashes)).encode()).hexdigest()
    connection.execute(
        f"update {path_of(NEW, *mart.checksums)} as counted "
        f"set scored_rows = counted.scored_rows - gone.days_rows, "
        f"checksum = md5(counted.checksum || {quote(who)}) "
        "from (select score_date, count(*) as days_rows "
        f"from {path_of(database, mart.schema, mart.name)} "
        f"where {persons.has_id(quote_name(mart.key))} group by score_date) as gone "
        "where counted.score_date = gone.score_date"
    )


def _complete_days_anew(
    build_file: Path,
    new_file: Path,
    persons: Persons,
    found: Mapping[tuple[str, str], Cleaning],
) -> None:
    """Let days that are complete stay so, but for the last one."""
    with opened(build_file, persons) as (connection, database):
        if not _has(connection, database, *_COMPLETED):
            return
        if not traces(connection, database, found, ""):
            return
        before = _activity(connection, database)
    # Under the name that the views of the file say.
    with opened(new_file, persons, build_file.stem) as (connection, database):
        after = _activity(connection, database)
    with duckdb.connect(str(new_file)) as connection:
        completed = path_of(*_COMPLETED)
        for day in before.keys() | after.keys():
            if before.get(day) != after.get(day):
                connection.execute(
                    f"update {completed} set activity_checksum = $1 where score_date = $2 "
                    "and activity_checksum is not distinct from $3",
                    [after.get(day), day, before.get(day)],
                )
        # It stays among the complete days: what is kept of the days before reaches back from it.
        connection.execute(
            f"update {completed} set activity_checksum = $1 "
            f"where score_date = (select max(score_date) from {completed})",
            [_TO_BE_COMPUTED_AGAIN],
        )


def _activity(connection: duckdb.DuckDBPyConnection, database: str) -> dict:
    """Return the checksums of what became known on the last days, as the view tells them."""
    if not _has(connection, database, *_ACTIVITY):
        return {}
    return dict(
        connection.execute(
            f"select known_date, checksum from {path_of(database, *_ACTIVITY)}"
        ).fetchall()
    )


def _has(connection: duckdb.DuckDBPyConnection, *path: str) -> bool:
    ((number,),) = connection.execute(
        "select count(*) from information_schema.tables "
        "where table_catalog = $1 and table_schema = $2 and table_name = $3",
        list(path),
    ).fetchall()
    return number > 0
