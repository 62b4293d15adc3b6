"""The source contract, read from the one file that states it.

The contract is written as dbt sources in ``models/staging/company/_company__sources.yml``,
so that dbt documents it, the staging macros obey it and this package checks against it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from csat.project import read_yaml

CONTRACT_FILE = Path("models", "staging", "company", "_company__sources.yml")


@dataclass(frozen=True)
class Column:
    """One column of a contract table; ``data_type`` is the type it has after staging."""

    name: str
    data_type: str
    is_key: bool
    is_required: bool


@dataclass(frozen=True)
class Table:
    """One contract table.

    ``digest`` changes whenever anything that the contract says of the table changes, or the
    way in which staging reads it;
    ``absent_means`` says what a company loses that does not hand it in.
    """

    name: str
    is_required: bool
    absent_means: str
    event_time: str
    columns: tuple[Column, ...]
    digest: str

    @property
    def required_columns(self) -> tuple[str, ...]:
        """Names of the columns that a delivery must have."""
        return tuple(c.name for c in self.columns if c.is_required or c.is_key)


def load_contract(project_root: Path) -> dict[str, Table]:
    """Return the contract's tables by name, in the order in which they are written."""
    document = read_yaml(project_root / CONTRACT_FILE)
    (source,) = document["sources"]
    version = source["config"]["meta"]["staging_version"]
    return {entry["name"]: _table(entry, version) for entry in source["tables"]}


def _table(entry: dict, staging_version: int) -> Table:
    meta = entry["config"]["meta"]
    return Table(
        name=entry["name"],
        is_required=meta.get("required", False),
        absent_means=meta.get("absent_means", ""),
        event_time=meta["event_time"],
        columns=tuple(_column(column) for column in entry["columns"]),
        digest=hashlib.sha256(
            json.dumps([entry, staging_version], sort_keys=True).encode()
        ).hexdigest()[:12],
    )


def _column(entry: dict) -> Column:
    meta = entry.get("config", {}).get("meta", {})
    return Column(
        name=entry["name"],
        data_type=entry["data_type"],
        is_key=meta.get("key", False),
        is_required=meta.get("required", False),
    )
