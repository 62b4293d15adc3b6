"""Publications without persons: what readers see, generations before it, and shared history.

Each file is written anew beside the old one and renamed over it, so that a reader sees one or the
other. History files are never changed: those with a person in them get successors under other
names, and go when no publication reads them any more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import duckdb

from csat.engine import quote
from csat.forgetting.cleaning import Cleaning, Trace, cleanings, traces
from csat.forgetting.databases import NEW, close_written, opened, write_without
from csat.forgetting.persons import Persons, path_of
from csat.generations import (
    Generation,
    current,
    generations,
    generations_folder,
    history_folder,
    read_generation,
    show,
)
from csat.history_files import HistoryFile, remove_unread, view_of, write_parquet
from csat.parquet_files import has_parquet, remove_parquet, renew_parquet
from csat.project import UserError
from csat.second_names import give_second_name

_HISTORY_FILES = ("monitoring", "history_files")
_PUBLICATION = ("monitoring", "publication")


def publication_files(published_file: Path) -> list[Path]:
    """Return the publications that are there, each file once: generations, and what readers see."""
    kept = sorted(generations_folder(published_file).glob("*.duckdb"))
    if published_file.exists() and not any(_is_same(published_file, file) for file in kept):
        kept.append(published_file)
    return kept


def publications(published_file: Path) -> list[Generation]:
    """Return the same with what they tell of themselves."""
    return [read_generation(file) for file in publication_files(published_file)]


def require_own_history(published_file: Path) -> None:
    """Raise ``UserError`` if a publication reads history that is gone, or another's."""
    own = history_folder(published_file)
    for publication in publications(published_file):
        for file in sorted(publication.history_files):
            if not file.is_file() or not file.is_relative_to(own):
                raise UserError(
                    f"{publication.file} reads {file}, which is not a file in {own}: if the folder "
                    "was moved or copied, remove this file, and publish anew by `csat publish`."
                )


def history_traces(files: Iterable[Path], persons: Persons, place: str) -> list[Trace]:
    """Return what history files hold of persons, by mart."""
    found: dict[str, list[tuple[int, int]]] = {}
    with duckdb.connect() as connection:
        persons.register(connection)
        for file in sorted(files):
            counts = _cleaning_of(connection, file, persons).counts(connection, _read(file))
            if any(counts):
                found.setdefault(file.parent.name, []).append(counts)
    return [
        Trace(
            place,
            f"{mart}, {len(counts)} file{'s' if len(counts) > 1 else ''}",
            sum(rows for rows, _ in counts),
            sum(values for _, values in counts),
        )
        for mart, counts in found.items()
    ]


def write_histories_without(
    files: Iterable[Path],
    persons: Persons,
    customer_hashes: Iterable[str],
    planned: Mapping[Path, Path],
) -> dict[Path, Path]:
    """Write successors of the history files that need one, and return them by their forerunners.

    Parameters
    ----------
    files
        Files that publications read.
    persons
        Who is to be forgotten.
    customer_hashes
        Who that is, as the suppression list has it.
    planned
        Names that the next publication gives to its files, by those that they have now. So it finds
        what it would write.
    """
    who = "".join(sorted(customer_hashes))
    successors = {}
    with duckdb.connect() as connection:
        persons.register(connection)
        for file in sorted(files):
            cleaning = _cleaning_of(connection, file, persons)
            has_traces = any(cleaning.counts(connection, _read(file)))
            if not has_traces and planned.get(file, file) == file:
                continue
            successor = planned.get(file, file)
            if successor == file:
                successor = _successor(file, who)
            if not successor.exists():
                if has_traces:
                    write_parquet(connection, cleaning.query(_read(file)), successor)
                else:
                    give_second_name(file, successor)
            successors[file] = successor
    return successors


def write_publications_without(
    published_file: Path, persons: Persons, successors: Mapping[Path, Path]
) -> None:
    """Put publications without persons in the place of those that are there."""
    for publication in publications(published_file):
        with opened(publication.file, persons) as (connection, database):
            found = cleanings(connection, database, persons)
            has_traces = bool(traces(connection, database, found, ""))
            if not has_traces and successors.keys().isdisjoint(publication.history_files):
                continue
            new_file = publication.file.with_name(publication.file.name + ".next")
            histories = _histories(connection, database, successors)
            views = {
                tuple(mart.split(".", 1)): view_of(files, _columns(connection, database, mart))
                for mart, files in histories.items()
            }
            write_without(connection, database, found, new_file, views)
            _tell_of_histories(connection, histories)
            _count_rows(connection, database, found, histories)
            close_written(connection, new_file)
        new_file.replace(publication.file)
    seen = current(published_file)
    for generation in generations(published_file):
        if seen and generation.name == seen.name and not _is_same(generation.file, published_file):
            # Two names of one file again, as a publication leaves it.
            show(generation.file, published_file)


def write_parquet_without(published_file: Path) -> None:
    """Write the Parquet files of what readers see anew, and remove those of generations before."""
    seen = current(published_file) if has_parquet(published_file) else None
    if seen is None:
        remove_parquet(published_file)
        return
    with duckdb.connect() as connection:
        connection.execute(f"attach {quote(str(published_file))} as generation (read_only)")
        renew_parquet(connection, "generation", published_file, seen.name)


def remove_forerunners(published_file: Path) -> None:
    """Remove the history files that no publication reads any more."""
    read = [publication.history_files for publication in publications(published_file)]
    remove_unread(history_folder(published_file), set().union(*read))


def planned_names(before: Sequence[HistoryFile], after: Sequence[HistoryFile]) -> dict[Path, Path]:
    """Return which file comes in the place of which, of those that a publication consists of."""
    following = {(file.file.parent, file.first_date, file.last_date): file.file for file in after}
    return {
        file.file: following[file.file.parent, file.first_date, file.last_date]
        for file in before
        if (file.file.parent, file.first_date, file.last_date) in following
    }


def _histories(
    connection: duckdb.DuckDBPyConnection, database: str, successors: Mapping[Path, Path]
) -> dict[str, list[HistoryFile]]:
    """Return the history files that a publication is to read, by mart."""
    try:
        rows = connection.execute(
            f"select mart, file, first_date, last_date from {path_of(database, *_HISTORY_FILES)} "
            "order by mart, first_date"
        ).fetchall()
    except duckdb.CatalogException:
        return {}
    found: dict[str, list[HistoryFile]] = {}
    for mart, name, first_date, last_date in rows:
        file = successors.get(Path(name), Path(name))
        ((number,),) = connection.execute(f"select count(*) from {_read(file)}").fetchall()
        found.setdefault(mart, []).append(HistoryFile(file, first_date, last_date, number))
    return found


def _tell_of_histories(
    connection: duckdb.DuckDBPyConnection, histories: Mapping[str, Sequence[HistoryFile]]
) -> None:
    for mart, files in histories.items():
        for file in files:
            connection.execute(
                f"update {path_of(NEW, *_HISTORY_FILES)} set file = $1, rows = $2 "
                "where mart = $3 and first_date = $4",
                [str(file.file), file.rows, mart, file.first_date],
            )


def _count_rows(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    found: Mapping[tuple[str, str], Cleaning],
    histories: Mapping[str, Sequence[HistoryFile]],
) -> None:
    """Have the publication tell how many rows it holds now."""
    of_tables = sum(
        cleaning.counts(connection, path_of(database, *table))[0]
        for table, cleaning in found.items()
    )
    ((before,),) = connection.execute(
        f"select coalesce(sum(rows), 0) from {path_of(database, *_HISTORY_FILES)}"
        if histories
        else "select 0"
    ).fetchall()
    now = sum(file.rows for files in histories.values() for file in files)
    connection.execute(
        f"update {path_of(NEW, *_PUBLICATION)} set rows = rows - $1",
        [of_tables + int(before) - now],
    )


def _columns(connection: duckdb.DuckDBPyConnection, database: str, mart: str) -> list[str]:
    place = path_of(database, *mart.split(".", 1))
    return [column for column, *_ in connection.execute(f"describe {place}").fetchall()]


def _cleaning_of(connection: duckdb.DuckDBPyConnection, file: Path, persons: Persons) -> Cleaning:
    columns = {
        column: data_type
        for column, data_type, *_ in connection.execute(f"describe from {_read(file)}").fetchall()
    }
    return Cleaning(file.parent.name.rpartition(".")[2], columns, persons)


def _read(file: Path) -> str:
    return f"read_parquet({quote(str(file))}, hive_partitioning = false)"


def _successor(file: Path, who: str) -> Path:
    stretch, fingerprint, ending = file.name.rsplit(".", 2)
    digest = hashlib.sha256(f"{fingerprint}{who}".encode()).hexdigest()[: len(fingerprint)]
    return file.with_name(f"{stretch}.{digest}.{ending}")


def _is_same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)
