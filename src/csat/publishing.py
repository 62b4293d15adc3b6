"""Publishing: readers get a whole new file or keep the old one, never half a run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from csat.engine import DuckDBEngine, quote, quote_name
from csat.file_lock import holder_in_words
from csat.forgetting.suppression_list import require_removed
from csat.generations import changing, clear_away, history_folder, keep, name_of
from csat.history_files import HistoryMart
from csat.parquet_files import (
    CURRENT,
    parquet_folder,
    prepare_parquet,
    remove_parquet,
    show_parquet,
)
from csat.project import UserError, name_in_project
from csat.published_tables import tell, write_relations
from csat.sources.inventory import SCHEMA_PREFIX

# The database of the run, private to it; profiles.yml has the same default.
BUILD_FILE = Path("warehouse", "csat_build.duckdb")
# What readers open, unless CSAT_PUBLISHED_FILE names another one.
PUBLISHED_FILE = Path("warehouse", "csat.duckdb")
# The bundled company; whatever is published from it may be replaced.
DEMO_LOCATION = "data/demo"

PUBLICATION_SCHEMA = pa.schema(
    [
        ("is_published", pa.bool_()),
        ("published_at", pa.timestamp("us")),
        ("published_file", pa.string()),
        ("tables", pa.int64()),
        ("rows", pa.int64()),
        ("source_location", pa.string()),
        ("parquet_folder", pa.string()),
        ("has_failed", pa.bool_()),
        ("refusal", pa.string()),
    ]
)


def build_file_of(root: Path) -> Path:
    """Return the database of the run."""
    return root / os.environ.get("CSAT_BUILD_FILE", BUILD_FILE)


def published_file_of(root: Path) -> Path:
    """Return the file that readers open."""
    return root / os.environ.get("CSAT_PUBLISHED_FILE", PUBLISHED_FILE)


def require_build_file(root: Path) -> None:
    """Raise ``UserError`` where the database of the run cannot be opened.

    A build holds it alone, and says no more of that than the engine's own words.
    """
    build_file = build_file_of(root)
    is_new = not build_file.exists()
    try:
        duckdb.connect(str(build_file)).close()
    except duckdb.Error as error:
        said = str(error).splitlines()[0]
        holder = holder_in_words(said)
        raise UserError(
            f"{build_file} cannot be opened: let the run or the reader that holds it end"
            f"{f', {holder},' if holder else ','} or name a file in a folder that is there by "
            "CSAT_BUILD_FILE; people and tools open only "
            f"{name_in_project(root, published_file_of(root))} ({said})."
        ) from error
    if is_new:
        build_file.unlink()


@contextmanager
def reading(file: Path, shown_as: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a published file or a build file to read.

    Raises
    ------
    UserError
        If it is not there, is held by a run, or is no such file.
    """
    if not file.is_file():
        what = "is no file" if file.exists() else "is not there"
        raise UserError(f"{shown_as} {what}: run `make build`, or name another file by --file.")
    try:
        connection = duckdb.connect(str(file), read_only=True)
    except duckdb.Error as error:
        said = str(error).splitlines()[0]
        mend = (
            "let the run that holds it end, or name another file by --file"
            if "lock" in said.lower()
            else "name a file that a build has written by --file"
        )
        raise UserError(f"{shown_as} cannot be read: {mend} ({said}).") from error
    with connection:
        yield connection


def publication_table(**columns: object) -> pa.Table:
    """Return the one row that tells of a publication; what is not given is null."""
    row = {"is_published": "published_at" in columns, "has_failed": False, **columns}
    return pa.Table.from_pylist([row], schema=PUBLICATION_SCHEMA)


def publish_on_request(engine: DuckDBEngine, published_file: str) -> pa.Table:
    """Publish what the pre-hook of the model ``publication`` asks for, or tell why not.

    A relative ``published_file`` starts at the project's folder. The row keeps the request, so
    that ``csat publish`` can do the same again.
    """
    text = engine.variable("csat_publication")
    request = json.loads(text)
    if request["refusal"]:
        done = publication_table(refusal=request["refusal"])
    else:
        root = engine.project_root()
        done = publish(engine.connection, publishing_of(request, root), root / published_file)
    return done.append_column("request", pa.array([text]))


def last_publication(build_file: Path, shown_as: str) -> dict:
    """Return what the last run of a build file published, or why it did not.

    Raises
    ------
    UserError
        If it cannot be read, or no run has come to its end yet.
    """
    with reading(build_file, shown_as) as connection:
        try:
            found = connection.execute("select * from monitoring.publication").to_arrow_table()
            (row,) = found.to_pylist()
        except (duckdb.CatalogException, ValueError) as error:
            raise UserError(
                f"{shown_as} holds no whole build that could be published: run `make build`."
            ) from error
    return row


def publication_in_words(root: Path, row: Mapping) -> str:
    """Return what readers see since a publication."""
    folder = row.get("parquet_folder")
    as_parquet = f" and, as Parquet, in {name_in_project(root, Path(folder))}" if folder else ""
    return (
        f"Readers see {row['tables']} tables with {row['rows']:,} rows in "
        f"{name_in_project(root, Path(row['published_file']))}{as_parquet}, "
        f"published at {row['published_at']:%Y-%m-%d %H:%M:%S} UTC."
    )


def publish_again(root: Path) -> dict:
    """Publish what is in the build file, if the last run left it whole and green.

    Returns
    -------
    dict
        The row of the publication.

    Raises
    ------
    UserError
        If it did not, or something cannot be read or written; the sentence says why.
    """
    require_removed(root)
    build_file = build_file_of(root)
    last = last_publication(build_file, name_in_project(root, build_file))
    if not (last["is_published"] or last["has_failed"]):
        raise UserError(f"Nothing was published: {last['refusal']}.")
    if not last.get("request"):
        raise UserError(
            f"{name_in_project(root, build_file)} was built by an earlier version of the project: "
            "run `make build`."
        )
    with duckdb.connect() as connection:
        # Under its own name, which its views say, and read-only beside a file that is written.
        connection.execute(f"attach {quote(str(build_file))} (read_only)")
        connection.execute(f"use {quote_name(build_file.stem)}")
        publishing = publishing_of(json.loads(last["request"]), root)
        (row,) = publish(connection, publishing, published_file_of(root)).to_pylist()
    if row["has_failed"]:
        raise UserError(f"Nothing was published: {row['refusal']}")
    return row


@dataclass(frozen=True)
class Publishing:
    """What is to be published.

    Parameters
    ----------
    relations
        ``(schema, name)`` of each table or view.
    source_location
        Where the data came from. A file that holds another company's data is not replaced,
        since a forgotten setting would put the demo in their place.
    histories
        Those of the relations whose rows go to files that publications share.
    keep_generations
        Publications that are kept besides the one that readers see.
    with_parquet
        Whether all is published as Parquet files too, for tools that read files only.
    """

    relations: Sequence[tuple[str, str]]
    source_location: str
    histories: Sequence[HistoryMart] = ()
    keep_generations: int = 3
    with_parquet: bool = False


def publishing_of(request: Mapping, root: Path) -> Publishing:
    """Return what the pre-hook of the model ``publication`` asks for."""
    source = request["source_location"]
    if not source.startswith(SCHEMA_PREFIX):
        source = name_in_project(root, root / source)
    return Publishing(
        [tuple(relation) for relation in request["relations"]],
        source,
        [
            HistoryMart(**{**mart, "checksums": tuple(mart["checksums"])})
            for mart in request["histories"]
        ],
        request["keep_generations"],
        # A build file of an earlier version does not say.
        request.get("with_parquet", False),
    )


def publish(
    connection: duckdb.DuckDBPyConnection, publishing: Publishing, published_file: Path
) -> pa.Table:
    """Copy relations to a new file and put it in the place of the published one.

    The copy is written beside the published file and renamed over it, which is atomic:
    whoever has the old file open keeps reading it undisturbed. Primary keys and comments
    are copied too. The published file tells in ``monitoring.publication`` what it holds. The one
    before is kept as a generation.

    Parameters
    ----------
    connection
        A connection to the build database; its own transaction is not used.
    publishing
        What to publish.
    published_file
        The file that readers open.

    Returns
    -------
    pyarrow.Table
        One row of ``PUBLICATION_SCHEMA``. Where the file cannot be written, ``has_failed`` is
        set, ``refusal`` says so in one sentence and the published file is as it was.
    """
    published_file = published_file.absolute()
    (database,) = _one_row(connection, "select current_database()")
    connection = connection.cursor()
    try:
        _require_same_source(published_file, publishing.source_location)
        _require_other_file(connection, database, published_file)
        with changing(published_file):
            keep(published_file)
            with _next_file(connection, published_file):
                rows = write_relations(
                    connection,
                    database,
                    publishing.relations,
                    publishing.histories,
                    history_folder(published_file),
                )
                published_at = datetime.now(UTC).replace(tzinfo=None)
                publication = publication_table(
                    published_at=published_at,
                    published_file=str(published_file),
                    tables=len(rows),
                    rows=sum(rows),
                    source_location=publishing.source_location,
                    parquet_folder=str(parquet_folder(published_file) / CURRENT)
                    if publishing.with_parquet
                    else None,
                )
                tell(
                    connection,
                    "publication",
                    publication,
                    "One row: when this file was published, and what it holds.",
                )
                if publishing.with_parquet:
                    prepare_parquet(
                        connection, "next_publication", published_file, name_of(published_at)
                    )
            if publishing.with_parquet:
                show_parquet(published_file)
            else:
                remove_parquet(published_file)
            keep(published_file)
            clear_away(published_file, publishing.keep_generations)
    except (OSError, duckdb.IOException) as error:
        return publication_table(
            has_failed=True,
            refusal=f"{published_file} cannot be written ({error}): make its folder writable, "
            "or set CSAT_PUBLISHED_FILE to another place.",
        )
    except UserError as error:
        return publication_table(has_failed=True, refusal=str(error))
    return publication


def _require_same_source(published_file: Path, source_location: str) -> None:
    """Raise ``UserError`` if the published file holds data of another source than the demo."""
    if not published_file.exists():
        return
    with duckdb.connect() as reader:
        try:
            reader.execute(f"attach {quote(str(published_file))} as published (read_only)")
            (holds,) = _one_row(
                reader, "select source_location from published.monitoring.publication"
            )
        except duckdb.Error:
            return
    if holds not in (source_location, DEMO_LOCATION):
        raise UserError(
            f"{published_file} holds the data of {holds}, and this run read {source_location}: "
            f"set CSAT_SOURCE to {holds}, or remove the file to publish the other data."
        )


def _require_other_file(
    connection: duckdb.DuckDBPyConnection, database: str, published_file: Path
) -> None:
    """Raise ``UserError`` if the build file would be published over itself."""
    (build_file,) = _one_row(
        connection, f"select path from duckdb_databases() where database_name = {quote(database)}"
    )
    if build_file and Path(build_file).absolute() == published_file:
        raise UserError(
            f"{published_file} is both the build file and the published file: "
            "set CSAT_BUILD_FILE or CSAT_PUBLISHED_FILE to another one."
        )


@contextmanager
def _next_file(connection: duckdb.DuckDBPyConnection, published_file: Path) -> Iterator[None]:
    """Attach the next file as ``next_publication``; put it into place when all went well."""
    next_file = published_file.with_name(published_file.name + ".next")
    published_file.parent.mkdir(parents=True, exist_ok=True)
    next_file.unlink(missing_ok=True)
    # The oldest format that DuckDB writes, so that older tools can open the file.
    connection.execute(
        f"attach {quote(str(next_file))} as next_publication (storage_version 'v1.0.0')"
    )
    try:
        yield
    finally:
        connection.execute("detach next_publication")
    with next_file.open("rb") as file:
        os.fsync(file.fileno())
    next_file.replace(published_file)


def _one_row(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple:
    (row,) = connection.execute(sql).fetchall()
    return row
