"""What ``csat alerts`` prints and writes: the open alarms of a published file."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from csat.project import UserError, writing
from csat.publishing import reading
from csat.spreadsheets import CSV_ENCODING, as_csv

#: Exit codes: no open alarm, an open one, one that no run before has told. 1 is a failure, 2 a
#: misuse.
NONE_OPEN, SOME_OPEN, NEWLY_OPENED = 0, 10, 11

#: The column of several entities, separated by commas, which values of segments may hold too.
ENTITIES = "also_falling"
_ENTITY_BEGINS = re.compile(r", (?=all(?:, |$)|model(?:, |$)|\w+:)")


@dataclass(frozen=True)
class OpenAlerts:
    """Open alarms, the newest first, as rows of ``fct_csat_alerts``, and the day they are of."""

    as_of: date | None
    columns: tuple[str, ...]
    rows: tuple[dict, ...]

    @property
    def exit_code(self) -> int:
        """The code for a scheduler."""
        if any(row["status"] == "opened" for row in self.rows):
            return NEWLY_OPENED
        return SOME_OPEN if self.rows else NONE_OPEN


def read_open_alerts(file: Path, shown_as: str) -> OpenAlerts:
    """Read the open alarms of a file.

    Raises
    ------
    UserError
        If the file cannot be opened, or holds no alarms.
    """
    try:
        with reading(file, shown_as) as connection:
            found = connection.execute(
                "select * from marts.fct_csat_alerts where closed_date is null "
                "order by opened_date desc, alert_id"
            ).to_arrow_table()
            (as_of,) = connection.execute(
                "select max(score_date) from marts.fct_base_csat_daily"
            ).fetchone()
    except duckdb.CatalogException as error:
        raise UserError(
            f"{shown_as} holds no alarms yet: run `make build` ({str(error).splitlines()[0]})."
        ) from error
    except duckdb.Error as error:
        raise UserError(
            f"{shown_as} cannot be read: run `make build` anew, or name another file by --file "
            f"({str(error).splitlines()[0]})."
        ) from error
    return OpenAlerts(as_of, tuple(found.column_names), tuple(found.to_pylist()))


def as_text(alerts: OpenAlerts) -> str:
    """Return the alarms in plain words, one per line."""
    if not alerts.rows:
        return f"No open alarms as of {alerts.as_of}.\n"
    count = len(alerts.rows)
    lines = [f"{count} open alarm{'s' if count > 1 else ''} as of {alerts.as_of}:"]
    for row in alerts.rows:
        when = "new" if row["status"] == "opened" else f"since {row['opened_date']}"
        lines.append(f"- [{row['kind']}, {when}] {_one_line(row['message'])}")
    return "\n".join(lines) + "\n"


def as_json(alerts: OpenAlerts) -> str:
    """Return the alarms as a JSON object of ``as_of_date`` and ``alerts``."""
    return (
        json.dumps(
            {
                "as_of_date": None if alerts.as_of is None else str(alerts.as_of),
                "alerts": [
                    {name: _plain(name, value) for name, value in row.items()}
                    for row in alerts.rows
                ],
            },
            ensure_ascii=False,
            indent=2,
            allow_nan=False,
        )
        + "\n"
    )


def write_files(alerts: OpenAlerts, folder: Path) -> Sequence[Path]:
    """Write ``alerts.json`` and ``alerts.csv`` into a folder, each whole or not at all."""
    with writing(folder, "--out"):
        return _write_files(alerts, folder)


def _write_files(alerts: OpenAlerts, folder: Path) -> Sequence[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    cells = [[row[name] for name in alerts.columns] for row in alerts.rows]
    files = []
    for name, text, encoding in (
        ("alerts.json", as_json(alerts), "utf-8"),
        ("alerts.csv", as_csv(alerts.columns, cells), CSV_ENCODING),
    ):
        file = folder / name
        beside = folder / f".{name}.new"
        beside.write_text(text, encoding=encoding, newline="")
        beside.replace(file)
        files.append(file)
    return files


def _plain(name: str, value: object) -> object:
    if name == ENTITIES and isinstance(value, str):
        return _ENTITY_BEGINS.split(value) if value else []
    return str(value) if isinstance(value, date) else value


def _one_line(text: str) -> str:
    """Return a text without line breaks and signs that a terminal would obey."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
