"""Lists of customers as files for spreadsheets, which say of themselves what they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from csat.spreadsheets import CSV_ENCODING, as_csv

#: Added to each row, so that one that is cut out still says where it is from.
PROVENANCE = ("filter", "run_date")


def list_file(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    filter_text: str,
    run_date: date,
) -> bytes:
    """Return rows as a CSV file, each with the filter that chose it and the day it is of.

    Parameters
    ----------
    columns, rows
        What is listed; texts that a spreadsheet would run as a formula are made harmless.
    filter_text
        The conditions, in words or as SQL.
    run_date
        Last day that the run behind the list knew of.
    """
    provenance = (filter_text, run_date.isoformat())
    text = as_csv((*columns, *PROVENANCE), ((*row, *provenance) for row in rows))
    return text.encode(CSV_ENCODING)
