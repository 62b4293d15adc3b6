"""Small companies, written by hand: valid rows of every contract table, and files of them."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from harness import CHECKOUT

from csat.contract import Table, load_contract

CONTRACT = load_contract(CHECKOUT)
LOADED_AT = "2026-03-02 06:00:00"

# One valid row per table, with every column filled, as text.
VALID_ROWS: dict[str, dict[str, str]] = {
    "customers": {
        "customer_id": "c1",
        "customer_since": "2025-06-01",
        "closed_at": "2026-02-20 12:00:00",
        "customer_type": "residential",
        "region": "north",
        "plan": "green",
        "preferred_channel": "phone",
        "annual_value": "812.5",
        "industry": "none",
    },
    "customer_attributes": {
        "customer_id": "c1",
        "attribute": "heating",
        "value": "gas",
        "valid_from": "2026-03-01 08:00:00",
    },
    "contacts": {
        "contact_id": "t1",
        "customer_id": "c1",
        "started_at": "2026-03-01 08:00:00",
        "channel": "phone",
        "topic": "bill",
        "queue": "north",
        "agent_id": "a1",
        "first_response_at": "2026-03-01 08:01:00",
        "first_human_response_at": "2026-03-01 08:02:00",
        "wait_seconds": "120",
        "handle_seconds": "300",
        "transfers": "0",
        "is_resolved": "true",
        "resolved_at": "2026-03-01 09:00:00",
        "reopen_count": "0",
        "parent_contact_id": "t0",
        "product": "power",
        "program_id": "p1",
    },
    "agents": {
        "agent_id": "a1",
        "agent_name": "Ada",
        "team": "red",
        "hired_at": "2024-01-08 09:00:00",
        "skills": "bill,move",
    },
    "bills": {
        "bill_id": "b1",
        "customer_id": "c1",
        "issued_at": "2026-03-01 00:00:00",
        "due_at": "2026-03-15 00:00:00",
        "amount": "68.25",
        "is_estimated": "false",
        "is_disputed": "false",
    },
    "payments": {
        "payment_id": "y1",
        "customer_id": "c1",
        "bill_id": "b1",
        "paid_at": "2026-03-01 10:00:00",
        "amount": "68.25",
        "method": "card",
        "status": "settled",
        "is_autopay": "true",
    },
    "interruptions": {
        "interruption_id": "i1",
        "customer_id": "c1",
        "started_at": "2026-03-01 03:00:00",
        "restored_at": "2026-03-01 05:00:00",
        "is_planned": "false",
        "notified_at": "2026-03-01 03:20:00",
        "estimated_restored_at": "2026-03-01 06:00:00",
        "cause": "storm",
    },
    "engagement_events": {
        "event_id": "e1",
        "customer_id": "c1",
        "occurred_at": "2026-03-01 11:00:00",
        "channel": "app",
        "event_type": "login",
        "program_id": "p1",
    },
    "survey_invitations": {
        "invitation_id": "v1",
        "customer_id": "c1",
        "sent_at": "2026-03-01 12:00:00",
        "instrument_id": "relationship_nps",
        "contact_id": "t1",
        "agent_id": "a1",
        "channel": "email",
        "touchpoint": "relationship",
        "product": "power",
    },
    "survey_responses": {
        "response_id": "r1",
        "customer_id": "c1",
        "responded_at": "2026-03-01 13:00:00",
        "instrument_id": "relationship_nps",
        "answer": "9",
        "invitation_id": "v1",
        "contact_id": "t1",
        "agent_id": "a1",
        "channel": "email",
        "touchpoint": "relationship",
        "product": "power",
        "comment": "Friendly, and quick.",
    },
    "programs": {
        "program_id": "p1",
        "program_name": "Call back",
        "program_type": "service",
        "started_at": "2026-01-01 00:00:00",
        "cost_per_enrollment": "4.5",
        "is_randomized": "true",
    },
    "program_enrollments": {
        "program_id": "p1",
        "customer_id": "c1",
        "enrolled_at": "2026-02-01 00:00:00",
        "ended_at": "2026-02-10 00:00:00",
        "is_control": "false",
    },
    "customer_signals": {
        "customer_id": "c1",
        "signal": "sentiment",
        "occurred_at": "2026-03-01 00:00:00",
        "value": "0.5",
    },
}


def valid_row(table: str, /, **changes: str | None) -> dict[str, str | None]:
    """Return the valid row of a table, loaded the next morning, with some values changed."""
    return {**VALID_ROWS[table], "loaded_at": LOADED_AT, **changes}


def own_key(table: Table) -> str:
    """Return the text column of a table's key that tells its rows apart."""
    keys = [c.name for c in table.columns if c.is_key and c.data_type == "varchar"]
    return next((name for name in keys if name != "customer_id"), keys[0])


def required_tables(**changes: str) -> dict[str, list[dict[str, str | None]]]:
    """Return the rows of the smallest company that the project accepts."""
    return {
        "customers": [valid_row("customers")],
        "survey_responses": [valid_row("survey_responses", **changes)],
    }


def write_company(folder: Path, tables: Mapping[str, Sequence[Mapping[str, str | None]]]) -> None:
    """Write each table as a CSV file."""
    for table, rows in tables.items():
        write_csv(folder / f"{table}.csv", rows)


def write_csv(
    path: Path,
    rows: Sequence[Mapping[str, str | None]],
    columns: Iterable[str] | None = None,
    encoding: str = "utf-8",
    **dialect: str,
) -> Path:
    """Write rows as CSV; ``dialect`` goes to ``csv.DictWriter``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = list(columns or rows[0])
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, names, **{"lineterminator": "\n", **dialect})
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_parquet(path: Path, columns: Mapping[str, pa.Array | list]) -> Path:
    """Write columns as Parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(dict(columns)), path)
    return path


def as_columns(rows: Sequence[Mapping[str, object]]) -> dict[str, pa.Array]:
    """Return rows of text as columns of text."""
    return {name: pa.array([row[name] for row in rows], pa.string()) for name in rows[0]}


def change_contents_only(path: Path, contents: bytes) -> None:
    """Overwrite a file without changing its size or time, so that a reading of it is noticed."""
    status = path.stat()
    path.write_bytes(contents.ljust(status.st_size, b"\0")[: status.st_size])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
