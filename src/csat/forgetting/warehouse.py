"""The files that the project has written, and what there is of persons in all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb

from csat.engine import quote, quote_name
from csat.forgetting.cleaning import Trace
from csat.forgetting.databases import opened, traces_in
from csat.forgetting.other_files import files_below, raw_mentions, traces_in_files
from csat.forgetting.persons import Persons, is_customer, path_of, persons_of, tables_of
from csat.forgetting.publications import history_traces, publication_files
from csat.forgetting.suppression_list import SuppressionList, suppression_list_of
from csat.generations import generations_folder, history_folder
from csat.project import name_in_project, project_vars
from csat.publishing import build_file_of, published_file_of

#: The place of what lies beside the databases and their history.
OTHER = "other files"


class Warehouse:
    """The files that the project has written.

    Parameters
    ----------
    root
        The project.
    """

    def __init__(self, root: Path):
        self.root = root
        self.build_file = build_file_of(root).absolute()
        self.published_file = published_file_of(root).absolute()
        self.list_file = suppression_list_of(root).absolute()
        self.log_file = self.list_file.with_name(f"{self.list_file.stem}_log.jsonl")
        self.history = history_folder(self.published_file)
        # The company's own files, wherever they lie.
        location = os.environ.get("CSAT_SOURCE") or project_vars(root)["source_location"]
        self.source = (root / location).resolve()
        self.spilled = self.build_file.with_name(self.build_file.name + ".tmp")
        # What dbt and other commands leave, all of which they write again.
        self.made_anew = [
            root / os.environ.get("DBT_TARGET_PATH", "target"),
            root / os.environ.get("DBT_LOG_PATH", "logs"),
            root / "target",
            root / "logs",
        ]

    def name(self, file: Path) -> str:
        """Return a file as people see it."""
        return name_in_project(self.root, file)

    def databases(self) -> list[Path]:
        """Return the build file and all publications, each once."""
        build_file = [self.build_file] if self.build_file.is_file() else []
        return [*build_file, *publication_files(self.published_file)]

    def history_files(self) -> list[Path]:
        """Return the files of the history that publications share."""
        return sorted(self.history.rglob("*.parquet"))

    def other_files(self) -> list[Path]:
        """Return what else lies beside the databases, and what dbt and other commands leave."""
        beside = [
            file
            for database in (self.build_file, self.published_file)
            for file in database.parent.glob(f"{database.stem}*")
        ]
        known = [
            *self.databases(),
            *self.history_files(),
            self.published_file,
            self.list_file,
            self.log_file,
        ]
        return [
            file
            for file in files_below([self.root / "warehouse", *beside, *self.made_anew], known)
            if not file.is_relative_to(self.source)
        ]

    def unfinished_files(self) -> list[Path]:
        """Return what a publication or a run that was killed has left: nobody reads it again."""
        places = (self.published_file, generations_folder(self.published_file) / "*.duckdb")
        left = [file for place in places for file in place.parent.glob(f"{place.name}.next")]
        return [*left, *(file for file in self.spilled.rglob("*") if file.is_file())]

    def is_made_anew(self, file: Path) -> bool:
        """Return whether the next run writes a file again."""
        return any(file.is_relative_to(folder.resolve()) for folder in self.made_anew)


def gather(warehouse: Warehouse, persons: Persons) -> None:
    """Learn of persons what the databases know: keys of their records, and what they wrote."""
    for file in warehouse.databases():
        with opened(file, persons) as (connection, database):
            persons.gather(connection, database)


def traces(warehouse: Warehouse, persons: Persons) -> list[Trace]:
    """Return all that there is of persons: in tables, history files and other files."""
    found = []
    for file in warehouse.databases():
        found += traces_in(file, persons, warehouse.name(file))
    found += history_traces(warehouse.history_files(), persons, warehouse.name(warehouse.history))
    others = warehouse.other_files()
    for file in others:
        # Their bytes are packed, so that only the engine can tell.
        if file.suffix in (".duckdb", ".parquet"):
            within = (
                traces_in(file, persons, "")
                if file.suffix == ".duckdb"
                else history_traces([file], persons, "")
            )
            found += [
                Trace(OTHER, f"{warehouse.name(file)}: {one.table}", one.rows, one.values)
                for one in within
            ]
    return [*found, *traces_in_files(others, persons.ids, warehouse.root)]


def raw_traces(warehouse: Warehouse, persons: Persons) -> list[Trace]:
    """Return ids that stand in the bytes of a database, and in no value of its tables.

    A value that has an id as a part of it is about somebody else: C00001234 is not C0000123.
    """
    found = []
    for file in warehouse.databases():
        suspects = raw_mentions(file, persons.ids)
        if not suspects:
            continue
        with opened(file, persons) as (connection, database):
            texts = [
                (path_of(database, *table), quote_name(column))
                for table, columns in tables_of(connection, database).items()
                for column, data_type in columns.items()
                if data_type == "VARCHAR"
            ]
            for suspect in sorted(suspects):
                if not any(
                    connection.execute(
                        f"select 1 from {table} where contains({column}, {quote(suspect)}) limit 1"
                    ).fetchall()
                    for table, column in texts
                ):
                    found.append(Trace(warehouse.name(file), "bytes of the file", 0, 1))
    return found


def found_on_list(warehouse: Warehouse, listed: SuppressionList) -> set[str]:
    """Return the ids of those on the list that tables still hold."""
    if not listed.entries:
        return set()
    lengths = ", ".join(str(length) for length in {entry.characters for entry in listed.entries})
    hashes = {entry.customer_hash for entry in listed.entries}
    nobody = persons_of((), {})
    found: set[str] = set()
    for file in warehouse.databases():
        with opened(file, nobody) as (connection, database):
            for table, column in customer_columns(connection, database):
                found.update(
                    value
                    for (value,) in connection.execute(
                        f"select distinct {column} from {table} "
                        f"where length({column}) in ({lengths})"
                    ).fetchall()
                    if listed.hash_of(value) in hashes
                )
    return found


def searched_in_words(warehouse: Warehouse) -> str:
    """Return what there is to search."""
    files = warehouse.databases()
    tables = 0
    for file in files:
        with opened(file, persons_of((), {})) as (connection, database):
            tables += len(tables_of(connection, database))
    return (
        f"{tables:,} tables of {len(files)} databases, {len(warehouse.history_files()):,} history "
        f"files and {len(warehouse.other_files()):,} other files"
    )


def customer_columns(
    connection: duckdb.DuckDBPyConnection, database: str
) -> Iterator[tuple[str, str]]:
    """Yield the tables that name customers, and the columns that do."""
    for table, columns in tables_of(connection, database).items():
        for column, data_type in columns.items():
            if is_customer(column) and data_type == "VARCHAR":
                yield path_of(database, *table), quote_name(column)
