"""Files besides databases and history: exports, alarm files, logs, what dbt leaves.

Lines that name a person go from files that consist of lines; other files below ``target`` and
``logs``, all of which the next run or command writes anew, go as a whole; in a log of runs the id
is overwritten. What is neither is left, and told.
"""

from __future__ import annotations

import csv
import io
import mmap
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from csat.forgetting.cleaning import Trace
from csat.forgetting.persons import LEAST_DISTINCTIVE, WITHHELD
from csat.project import UserError

_RECORDS = frozenset({".csv", ".tsv"})
_LINES = frozenset({".jsonl", ".log", ".txt", ".md"})
_SQLITE = frozenset({".sqlite"})


def files_below(folders: Iterable[Path], without: Iterable[Path]) -> list[Path]:
    """Return all files below some folders but those that are looked at elsewhere."""
    left_out = {file.resolve() for file in without}
    found = {
        file.resolve()
        for folder in folders
        for file in (folder.rglob("*") if folder.is_dir() else [folder])
        if file.is_file()
    }
    return sorted(found - left_out)


def mentions(file: Path, ids: Iterable[str]) -> int:
    """Return how often ids stand in the bytes of a file, by themselves."""
    return sum(1 for _ in _found(file, ids, r"(?<![A-Za-z0-9])(?:%s)(?![A-Za-z0-9])"))


def raw_mentions(file: Path, ids: Iterable[str]) -> set[str]:
    """Return the ids that stand anywhere in the bytes of a database, with whatever beside them.

    Short ones are left out: such bytes are in every file.
    """
    long_enough = [one for one in ids if len(one) >= LEAST_DISTINCTIVE]
    return {found.decode() for found in _found(file, long_enough, r"(?:%s)")}


def traces_in_files(files: Iterable[Path], ids: Iterable[str], root: Path) -> list[Trace]:
    """Return the files that name persons."""
    found = []
    for file in files:
        number = mentions(file, ids)
        if number:
            name = file.relative_to(root) if file.is_relative_to(root) else file
            found.append(Trace("other files", str(name), 0, number))
    return found


def clean(file: Path, ids: Iterable[str], is_made_anew: bool) -> None:
    """Remove persons from a file that names them, as far as its kind is known.

    ``is_made_anew`` is whether the next run writes the file again.
    """
    ids = list(ids)
    ending = file.suffix.lower()
    try:
        if ending in _RECORDS | _LINES:
            _drop_lines(file, ids, ending in _RECORDS)
        elif ending in _SQLITE:
            _overwrite(file, ids)
        elif is_made_anew:
            file.unlink()
    except OSError as error:
        raise UserError(
            f"{file} cannot be written ({error.strerror or error}): make it writable, and run "
            "`csat forget-customer` again."
        ) from error


def _found(file: Path, ids: Iterable[str], form: str) -> Iterator[bytes]:
    alternatives = "|".join(map(re.escape, sorted(ids)))
    if not alternatives or file.stat().st_size == 0:
        return
    pattern = re.compile((form % alternatives).encode())
    with file.open("rb") as binary, mmap.mmap(binary.fileno(), 0, access=mmap.ACCESS_READ) as held:
        for match in pattern.finditer(held):
            yield match.group()


def _text_pattern(ids: Iterable[str]) -> re.Pattern[str]:
    alternatives = "|".join(map(re.escape, sorted(ids)))
    return re.compile(rf"(?<![A-Za-z0-9])(?:{alternatives})(?![A-Za-z0-9])")


def _drop_lines(file: Path, ids: list[str], is_records: bool) -> None:
    # Any byte is a character of this, so that files in other encodings stay what they are.
    text = file.read_bytes().decode("latin-1")
    pattern = re.compile(_text_pattern([one.encode().decode("latin-1") for one in ids]).pattern)
    kept = [lines for lines in _lines_of(text, is_records) if not pattern.search(lines)]
    beside = file.with_name(file.name + ".next")
    beside.write_bytes("".join(kept).encode("latin-1"))
    beside.chmod(file.stat().st_mode)
    beside.replace(file)


def _lines_of(text: str, is_records: bool) -> Iterator[str]:
    """Yield lines, or records of several lines where quotes hold line breaks."""
    lines = io.StringIO(text, newline="").readlines()
    if not is_records:
        yield from lines
        return
    # Its limit on the length of a value is that of the process.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    reader = csv.reader(iter(lines))
    begin = 0
    for _ in reader:
        yield "".join(lines[begin : reader.line_num])
        begin = reader.line_num
    yield "".join(lines[begin:])


def _overwrite(file: Path, ids: list[str]) -> None:
    """Put another word in the place of ids in all texts of an SQLite file."""
    pattern = _text_pattern(ids)
    with closing(sqlite3.connect(file, timeout=30)) as connection:
        connection.create_function(
            "withheld",
            1,
            lambda text: pattern.sub(WITHHELD, text) if isinstance(text, str) else text,
        )
        connection.execute("pragma secure_delete = on")
        with connection:
            for (table,) in connection.execute(
                "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
            ).fetchall():
                columns = [row[1] for row in connection.execute(f'pragma table_info("{table}")')]
                for column in columns:
                    connection.execute(
                        f'update "{table}" set "{column}" = withheld("{column}") '
                        f'where "{column}" is not withheld("{column}")'
                    )
        connection.execute("vacuum")
