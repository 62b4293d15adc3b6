"""Texts that a spreadsheet must not run when somebody opens a list in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

#: With the mark at the beginning by which Excel knows UTF-8; without it umlauts are garbled.
CSV_ENCODING = "utf-8-sig"
#: A cell that begins so is run as a formula (OWASP, "CSV Injection").
FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n")


def without_formula(value: object) -> object:
    """Return a cell's value, with ``'`` before a text that a spreadsheet would run.

    Examples
    --------
    >>> without_formula("=1+1"), without_formula("5 calls"), without_formula(-3.5)
    ("'=1+1", '5 calls', -3.5)
    """
    if isinstance(value, str) and value.startswith(FORMULA_BEGINNINGS):
        return "'" + value
    return value


def without_minus(value: object) -> object:
    """Return a number without the minus that rounding leaves before 0.

    Examples
    --------
    >>> without_minus(round(-0.01, 1)), without_minus(-0.1), without_minus("-0.0")
    (0.0, -0.1, '-0.0')
    """
    return 0.0 if isinstance(value, float) and value == 0 else value


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV (RFC 4180), without formulas; to be written in ``CSV_ENCODING``."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([without_formula(without_minus(value)) for value in row])
    return written.getvalue()
