"""A publication as Parquet files, for tools that read files and no database.

Each generation has a folder of its own, named as the generation is; in it a folder per table:

    csat_parquet/current -> 2026-09-30T05-12-44.031877
    csat_parquet/2026-09-30T05-12-44.031877/columns.parquet
    csat_parquet/2026-09-30T05-12-44.031877/marts/dim_customers/dim_customers.parquet
    csat_parquet/2026-09-30T05-12-44.031877/marts/fct_customer_csat_daily/2026-08.….parquet

``current`` is a link that is renamed over the one before: a reader finds one whole publication or
the next, never half of one. History is in second names of the files that generations share.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from csat.engine import quote, quote_name
from csat.project import UserError
from csat.second_names import give_second_name

#: The link that readers follow.
CURRENT = "current"
_UNFINISHED = ".next"
_ANEW = ".anew"
#: What a folder of a generation is recognised by; whatever else lies there is left alone.
_CONTENTS = "columns.parquet"


def parquet_folder(published_file: Path) -> Path:
    """Return the folder of the Parquet files of a published file's generations."""
    return published_file.with_name(f"{published_file.stem}_parquet")


def has_parquet(published_file: Path) -> bool:
    """Return whether readers are given Parquet files."""
    return (parquet_folder(published_file) / CURRENT).is_symlink()


def prepare_parquet(
    connection: duckdb.DuckDBPyConnection, database: str, published_file: Path, generation: str
) -> None:
    """Write a generation as Parquet, if it is not there yet; readers see nothing of it so far.

    Parameters
    ----------
    connection
        A connection to which the generation is attached.
    database
        The name of the generation there.
    published_file
        The file that readers open.
    generation
        The name of the generation.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    _prepare(connection, database, parquet_folder(published_file), generation)


def renew_parquet(
    connection: duckdb.DuckDBPyConnection, database: str, published_file: Path, generation: str
) -> None:
    """Write what readers see as Parquet anew, and remove all other generations; see above.

    Readers find the one or the other folder. Whoever rolls back gets older ones written anew, too.
    """
    folder = parquet_folder(published_file)
    name = generation if _shown(folder) != generation else f"{generation}{_ANEW}"
    with _writing(folder):
        _remove(folder / name)
    _prepare(connection, database, folder, name)
    show_parquet(published_file)
    clear_parquet(published_file, ())


def show_parquet(published_file: Path) -> None:
    """Let readers see what was prepared last."""
    folder = parquet_folder(published_file)
    with _writing(folder):
        (folder / f"{CURRENT}{_UNFINISHED}").replace(folder / CURRENT)


def remove_parquet(published_file: Path) -> None:
    """Remove the Parquet files of all generations: nobody shall read old ones for new."""
    folder = parquet_folder(published_file)
    if not folder.is_dir():
        return
    with _writing(folder):
        for link in (folder / CURRENT, folder / f"{CURRENT}{_UNFINISHED}"):
            if link.is_symlink():
                link.unlink()
        clear_parquet(published_file, ())
        if not any(folder.iterdir()):
            folder.rmdir()


def clear_parquet(published_file: Path, kept: Collection[str | None]) -> None:
    """Remove the Parquet files of generations that are neither kept nor shown, and killed runs'."""
    folder = parquet_folder(published_file)
    if not folder.is_dir():
        return
    kept = {*kept, _shown(folder)}
    for place in folder.iterdir():
        is_ours = place.name.endswith(_UNFINISHED) or (place / _CONTENTS).is_file()
        if place.is_dir() and not place.is_symlink() and is_ours and place.name not in kept:
            _remove(place)


def _shown(folder: Path) -> str | None:
    """Return the folder that readers are shown."""
    link = folder / CURRENT
    return link.readlink().name if link.is_symlink() else None


def _prepare(connection: duckdb.DuckDBPyConnection, database: str, folder: Path, name: str) -> None:
    unfinished = folder / f"{name}{_UNFINISHED}"
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / CURRENT).exists() and not (folder / CURRENT).is_symlink():
            raise FileExistsError(f"{CURRENT} in it is no link")
        _remove(unfinished)
        if not (folder / name).exists():
            try:
                _write(connection, database, unfinished)
                unfinished.rename(folder / name)
            except BaseException:
                _remove(unfinished)
                raise
        # Made here, so that a file system without links is found out before readers get anything.
        link = folder / f"{CURRENT}{_UNFINISHED}"
        link.unlink(missing_ok=True)
        link.symlink_to(name, target_is_directory=True)


def _write(connection: duckdb.DuckDBPyConnection, database: str, folder: Path) -> None:
    history = _history(connection, database)
    tables = connection.execute(
        "select table_schema, table_name from information_schema.tables "
        "where table_catalog = $1 order by all",
        [database],
    ).fetchall()
    for schema, name in tables:
        place = folder / schema / name
        place.mkdir(parents=True)
        if f"{schema}.{name}" in history:
            for file in history[f"{schema}.{name}"]:
                give_second_name(file, place / file.name)
        else:
            relation = ".".join(map(quote_name, (database, schema, name)))
            _copy(connection, f"from {relation}", place / f"{name}.parquet")
    # Comments of columns have no place in Parquet that tools show. Last: it says "whole".
    _copy(
        connection,
        "select schema_name, table_name, column_name, data_type, comment from duckdb_columns() "
        f"where database_name = {quote(database)} order by schema_name, table_name, column_index",
        folder / _CONTENTS,
    )


def _copy(connection: duckdb.DuckDBPyConnection, query: str, file: Path) -> None:
    """Write the rows of a query; the engine streams them, whatever their number."""
    connection.execute(f"copy ({query}) to {quote(str(file))} (format parquet, compression zstd)")
    with file.open("rb") as written:
        os.fsync(written.fileno())


def _history(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[Path]]:
    """Return the files that each view consists of."""
    try:
        rows = connection.execute(
            f"select mart, file from {quote_name(database)}.monitoring.history_files order by file"
        ).fetchall()
    except duckdb.CatalogException:
        # Published before there were such files.
        return {}
    files: dict[str, list[Path]] = {}
    for mart, file in rows:
        files.setdefault(mart, []).append(Path(file))
    return files


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, duckdb.IOException) as error:
        raise UserError(
            f"{folder} cannot be written ({error}): make it a folder that can be written and has "
            "room, or set the var publish_parquet to false."
        ) from error


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
