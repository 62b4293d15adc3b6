"""Texts that a spreadsheet must not run when somebody opens a list in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

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


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV (RFC 4180), without formulas."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([without_formula(value) for value in row])
    return written.getvalue()
