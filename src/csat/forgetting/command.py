"""``csat forget-customer``: remove persons from all that the project has written, and prove it.

The order makes it whole however often it is broken off. First the list, which keeps the persons
out of what is delivered from now on. The build file is written anew at once but put into place
last: it knows the keys of their records, by which all else is found. Until then no run starts and
nothing is published.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from csat.contract import load_contract
from csat.daily_run import only_run
from csat.forgetting.build_file import (
    history_marts,
    planned_histories,
    write_build_file_without,
)
from csat.forgetting.cleaning import Trace
from csat.forgetting.databases import opened
from csat.forgetting.other_files import clean, mentions
from csat.forgetting.persons import Persons, persons_of
from csat.forgetting.publications import (
    planned_names,
    publications,
    remove_forerunners,
    require_own_history,
    write_histories_without,
    write_parquet_without,
    write_publications_without,
)
from csat.forgetting.suppression_list import SuppressionList
from csat.forgetting.warehouse import (
    OTHER,
    Warehouse,
    customer_columns,
    found_on_list,
    gather,
    raw_traces,
    searched_in_words,
    traces,
)
from csat.generations import changing
from csat.project import UserError, project_vars
from csat.publishing import require_build_file
from csat.screen import as_text

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Forgotten:
    """What was found of persons, and what is left of them.

    Parameters
    ----------
    customers
        How many persons.
    found
        What there was of them; with a dry run, what would go.
    left
        What could not be removed.
    searched
        What was searched in the end, in words.
    """

    customers: int
    found: Sequence[Trace]
    left: Sequence[Trace]
    searched: str


def forget(
    root: Path,
    customer_ids: Sequence[str],
    tell: Tell,
    dry_run: bool = False,
    even_if_unknown: bool = False,
) -> Forgotten:
    """Remove customers from everything, keep them out from now on, and search for them again.

    Parameters
    ----------
    root
        The project.
    customer_ids
        Whom to forget; without any, whoever is on the list and found nevertheless.
    tell
        Takes each line for the screen.
    dry_run
        Whether only to tell what there is of them.
    even_if_unknown
        Whether to put on the list whom nothing is known of.

    Raises
    ------
    AnotherRunError
        If a run is under way.
    UserError
        If a customer is unknown, or a file cannot be read or written.
    """
    warehouse = Warehouse(root)
    with only_run(warehouse.build_file), changing(warehouse.published_file):
        if warehouse.build_file.exists():
            # Also takes what a run that was killed has left in the log of the file into it.
            require_build_file(root)
        require_own_history(warehouse.published_file)
        listed = SuppressionList.read(warehouse.list_file)
        named = set(customer_ids)
        if listed.pending or not named:
            # Whose removal was broken off goes with whoever is named now.
            named |= found_on_list(warehouse, listed)
        ids = sorted(named)
        persons = persons_of(ids, load_contract(root))
        if customer_ids and not even_if_unknown:
            _require_known(warehouse, persons, listed)
        if not ids:
            if listed.pending and not dry_run:
                listed.all_removed().write()
            return Forgotten(0, (), (), "")
        gather(warehouse, persons)
        # Bytes that are in no table any more are in blocks that the engine has not used again.
        found = [*traces(warehouse, persons), *raw_traces(warehouse, persons)]
        if dry_run:
            return Forgotten(len(ids), found, (), "")
        hashes = [listed.hash_of(one) for one in ids]
        removed = {entry.customer_hash for entry in listed.entries if entry.removed_at}
        if found or not removed.issuperset(hashes):
            listed = listed.with_customers(ids)
            listed.write()
        if found:
            with _writing(warehouse):
                _remove(warehouse, persons, hashes, tell)
        tell("Searching again …")
        left = [*traces(warehouse, persons), *raw_traces(warehouse, persons)]
        if not any(trace.place != OTHER for trace in left):
            listed.all_removed().write()
        searched = searched_in_words(warehouse)
        _log(warehouse, hashes, found, left, searched)
        return Forgotten(len(ids), found, left, searched)


def read_ids(file: Path) -> list[str]:
    """Return the ids of a text file, one per line.

    Raises
    ------
    UserError
        If it cannot be read.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{file} cannot be read: name a text file in UTF-8 with an id per line by --file."
        ) from error
    return [line.strip() for line in lines if line.strip()]


def report(forgotten: Forgotten, dry_run: bool, width: int) -> str:
    """Return what was found and what is left, for the screen."""
    if not forgotten.customers:
        return "Nobody who was forgotten is in any table."
    lines = []
    if forgotten.found:
        lines += [_table(forgotten.found, "would go" if dry_run else "removed", width), ""]
    who = "1 customer" if forgotten.customers == 1 else f"{forgotten.customers:,} customers"
    rows = sum(trace.rows for trace in forgotten.found)
    values = sum(trace.values for trace in forgotten.found)
    what = f"{rows:,} rows, and {values:,} values in rows and files of others"
    if dry_run:
        lines.append(f"Of {who} there are {what}. Nothing was changed.")
        return "\n".join(lines)
    lines.append(f"Removed of {who}: {what}.")
    lines.append(f"Searched again: {forgotten.searched}. {len(forgotten.left)} left.")
    if forgotten.left:
        lines += [
            "",
            _table(forgotten.left, "left", width),
            "",
            "What is left lies where this command changes nothing, or was written meanwhile: "
            "remove these files, or clear them by hand, and run `csat forget-customer` with the "
            "ids again.",
        ]
    return "\n".join(lines)


def _table(traces: Sequence[Trace], what: str, width: int) -> str:
    rows = [
        {
            "place": trace.place,
            "table or file": trace.table,
            f"rows {what}": trace.rows,
            f"values {what}": trace.values,
        }
        for trace in traces
    ]
    return as_text(list(rows[0]), rows, width, len(rows))


def _remove(warehouse: Warehouse, persons: Persons, hashes: Sequence[str], tell: Tell) -> None:
    new_file = warehouse.build_file.with_name(warehouse.build_file.name + ".next")
    planned: dict[Path, Path] = {}
    if warehouse.build_file.exists():
        tell(f"Writing {warehouse.name(warehouse.build_file)} anew …")
        planned = _write_build_file(warehouse, new_file, persons, hashes)
    tell("Writing publications anew …")
    for file in warehouse.unfinished_files():
        file.unlink(missing_ok=True)
    read = set().union(*(one.history_files for one in publications(warehouse.published_file)))
    successors = write_histories_without(read, persons, hashes, planned)
    write_publications_without(warehouse.published_file, persons, successors)
    write_parquet_without(warehouse.published_file)
    remove_forerunners(warehouse.published_file)
    for file in warehouse.other_files():
        if file != new_file.resolve() and mentions(file, persons.ids):
            clean(file, persons.ids, warehouse.is_made_anew(file))
    if warehouse.build_file.exists():
        new_file.replace(warehouse.build_file)


def _write_build_file(
    warehouse: Warehouse, new_file: Path, persons: Persons, hashes: Sequence[str]
) -> dict[Path, Path]:
    """Write the build file anew, beside the old one; return what history files will be called."""
    days_open = project_vars(warehouse.root)["late_arrival_days"] + 1
    with opened(warehouse.build_file, persons) as (connection, database):
        marts = history_marts(warehouse.root, connection, database, days_open)
    write_build_file_without(warehouse.build_file, new_file, persons, hashes, marts)
    before, after = (
        planned_histories(file, persons, warehouse.build_file.stem, marts, warehouse.history)
        for file in (warehouse.build_file, new_file)
    )
    return planned_names(before, after)


@contextmanager
def _writing(warehouse: Warehouse) -> Iterator[None]:
    """Say in one sentence that there is no room, or that something cannot be written."""
    needed = sum(file.stat().st_size for file in warehouse.databases()) + sum(
        file.stat().st_size for file in warehouse.history_files()
    )
    free = shutil.disk_usage(warehouse.published_file.parent).free
    again = (
        "and run `csat forget-customer` again; until then no run starts, and whoever is to be "
        "forgotten is still there"
    )
    if free < needed:
        raise UserError(
            f"{warehouse.published_file.parent} has room for {free / 1e9:.1f} GB, and writing its "
            f"files anew takes up to {needed / 1e9:.1f} GB: make room, {again}."
        )
    try:
        yield
    except (OSError, duckdb.IOException) as error:
        raise UserError(
            f"{str(error).splitlines()[0]}: make the folder writable and room in it, {again}."
        ) from error


def _require_known(warehouse: Warehouse, persons: Persons, listed: SuppressionList) -> None:
    """Raise ``UserError`` if a customer is in no table, and not on the list either."""
    hashes = {entry.customer_hash for entry in listed.entries}
    unknown = {one for one in persons.ids if listed.hash_of(one) not in hashes}
    for file in warehouse.databases():
        if not unknown:
            return
        with opened(file, persons) as (connection, database):
            for table, column in customer_columns(connection, database):
                unknown -= {
                    value
                    for (value,) in connection.execute(
                        f"select distinct {column} from {table} where {persons.has_id(column)}"
                    ).fetchall()
                }
    if unknown:
        names = ", ".join(sorted(unknown)[:3]) + (", …" if len(unknown) > 3 else "")
        raise UserError(
            f"No table knows {names}, so nothing was done: mend the id, or add --even-if-unknown "
            "to keep out whoever has it from now on."
        )


def _log(
    warehouse: Warehouse,
    hashes: Iterable[str],
    found: Sequence[Trace],
    left: Sequence[Trace],
    searched: str,
) -> None:
    """Write what was done into the log, which names nobody."""
    entry = {
        "at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "customer_hashes": sorted(hashes),
        "removed": [
            {"place": one.place, "table": one.table, "rows": one.rows, "values": one.values}
            for one in found
        ],
        "searched": searched,
        "left": len(left),
    }
    with warehouse.log_file.open("a", encoding="utf-8") as log:
        log.write(json.dumps(entry, ensure_ascii=False) + "\n")
