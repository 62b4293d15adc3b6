"""How a CSV file is written: encoding, delimiter and header.

DuckDB can guess all of this, but a guess that fails skips lines or merges columns without a
word. So the dialect is settled here, and DuckDB is told it.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from csat.project import UserError

DELIMITERS = ",;\t|"
_BLOCK_BYTES = 1 << 20
_HEADER_BYTES = 1 << 16
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class CsvDialect:
    """Encoding (``utf-8`` or ``windows-1252``), delimiter and cleaned column names of a file."""

    encoding: str
    delimiter: str
    header: tuple[str, ...]


def detect_dialect(path: Path, expected_columns: Collection[str]) -> CsvDialect:
    """Return the dialect of a CSV file, plain or compressed with gzip.

    The delimiter is the one under which the first line names most of ``expected_columns``.
    A file that is not UTF-8 counts as windows-1252, unless most of its characters beyond
    ASCII are valid UTF-8: then it is damaged.

    Raises
    ------
    UserError
        If the file is damaged, is UTF-16, names a column twice, has no usable header or leaves
        a quote open.
    """
    encoding = _detect_encoding(path)
    with _open(path) as file:
        start = file.read(_HEADER_BYTES).decode(_python_name(encoding), errors="replace")
    headers = {delimiter: _header(start, delimiter) for delimiter in DELIMITERS}
    expected = set(expected_columns)
    delimiter = max(
        DELIMITERS, key=lambda mark: (len(expected & set(headers[mark])), len(headers[mark]))
    )
    header = headers[delimiter]
    if not expected & set(header):
        raise UserError(
            f"{path} has no header that names a column of the contract: "
            f"make its first line {','.join(expected_columns)} or a part of that."
        )
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise UserError(f"{path} has the column {twice[0]} twice: rename or remove one of them.")
    line = _line_of_unclosed_quote(path, delimiter)
    if line:
        raise UserError(
            f"{path} has a double quote in line {line} that is never closed: "
            "close it, and write a quote within text twice."
        )
    return CsvDialect(encoding, delimiter, header)


def write_as_utf_8(path: Path, fingerprint: str, encoding: str, folder: Path) -> Path:
    """Return a copy of a CSV file in UTF-8, written unless it is there already.

    DuckDB reads UTF-8 and the printable part of latin-1; a windows-1252 file has the euro sign
    and curly quotes outside of that. An older copy of the same file is removed.
    """
    name = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16]
    version = hashlib.sha256(fingerprint.encode()).hexdigest()[:16]
    copy = folder / f"{name}-{version}.csv"
    if copy.exists():
        return copy
    folder.mkdir(parents=True, exist_ok=True)
    for older in folder.glob(f"{name}-*"):
        older.unlink(missing_ok=True)
    unfinished = folder / f"{name}-{version}.{os.getpid()}"
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    with _open(path) as file, unfinished.open("wb") as written:
        while block := file.read(_BLOCK_BYTES):
            written.write(decoder.decode(block).encode())
    unfinished.replace(copy)
    return copy


def _header(text: str, delimiter: str) -> tuple[str, ...]:
    cells = next(csv.reader(text.splitlines(keepends=True), delimiter=delimiter), [])
    return tuple(cell.strip().lower() or f"column_{i}" for i, cell in enumerate(cells, start=1))


def _detect_encoding(path: Path) -> str:
    with _open(path) as file:
        if file.read(2) in _UTF_16_MARKS:
            raise UserError(f"{path} is written in UTF-16: save it as UTF-8.")
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")("strict")
        try:
            while block := file.read(_BLOCK_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
            return "utf-8"
        except UnicodeDecodeError:
            file.seek(0)
            valid, invalid = _count_beyond_ascii(file)
    if valid > invalid:
        raise UserError(
            f"{path} is damaged: {invalid} of its bytes are not UTF-8 although the rest is; "
            "export it again as UTF-8."
        )
    return "windows-1252"


def _count_beyond_ascii(file: BinaryIO) -> tuple[int, int]:
    """Count the valid characters beyond ASCII and the invalid bytes of a file read as UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    valid = invalid = 0
    while block := file.read(_BLOCK_BYTES):
        text = decoder.decode(block)
        replaced = text.count("\N{REPLACEMENT CHARACTER}")
        invalid += replaced
        valid += len(text) - replaced - len(text.encode("ascii", errors="ignore"))
    return valid, invalid


def _line_of_unclosed_quote(path: Path, delimiter: str) -> int | None:
    """Return the line of a quote that is open at the end of the file, which DuckDB drops.

    A quote opens at the start of a field, spaces aside; a doubled one closes and opens again.
    """
    opens_after = f"{delimiter}\r\n".encode()
    opened_at = None
    closed_at = -1
    offset = 0
    before = b"\n"
    with _open(path) as file:
        if file.read(3) == codecs.BOM_UTF8:
            offset = 3
        file.seek(offset)
        while block := file.read(_BLOCK_BYTES):
            place = block.find(b'"')
            while place >= 0:
                previous = block[max(0, place - 16) : place].rstrip(b" ")[-1:] or before
                if opened_at is not None:
                    opened_at, closed_at = None, offset + place
                elif previous in opens_after or closed_at == offset + place - 1:
                    opened_at = offset + place
                place = block.find(b'"', place + 1)
            offset += len(block)
            before = block.rstrip(b" ")[-1:] or before
        if opened_at is None:
            return None
        file.seek(0)
        return 1 + file.read(opened_at).count(b"\n")


def _python_name(encoding: str) -> str:
    return "utf-8-sig" if encoding == "utf-8" else encoding


def _open(path: Path) -> BinaryIO:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]
