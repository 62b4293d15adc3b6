"""What public tables promise, and whether a change would break it for those who read them.

A public table has a contract: dbt holds its columns and their types to what its YAML says. This
module holds the YAML to what was promised before, which `lint/public_contracts.csv` keeps with the
code. New columns and tables are free. A column that goes, or gets another type, needs a new version
of the model beside the old one (dbt's ``versions:``); a model without versions is version 1.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from csat.project import UserError

#: What is promised, in the project's folder.
PROMISES = Path("lint", "public_contracts.csv")
_HEADER = ("relation", "model", "version", "column", "type")


@dataclass(frozen=True, order=True)
class Contract:
    """One version of a public model: where readers find it, and its columns with their types."""

    model: str
    version: int
    relation: str
    columns: tuple[tuple[str, str], ...]


def contracts_of(manifest: Mapping) -> list[Contract]:
    """Return the contracts of all published, public models of dbt's manifest, in order."""
    return sorted(
        Contract(
            node["name"],
            int(node.get("version") or 1),
            f"{node['schema']}.{node['alias']}",
            tuple((name, column["data_type"]) for name, column in node["columns"].items()),
        )
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["access"] == "public"
        and node["contract"]["enforced"]
        and node["config"]["meta"].get("is_published")
    )


def broken(promised: Iterable[Contract], offered: Iterable[Contract]) -> list[str]:
    """Return a sentence for each promise that is not kept.

    A version may go when a later one of its model has been promised beside it; so it takes two
    changes, and readers have the time in between to move.

    Examples
    --------
    >>> old = Contract("dim_plans", 1, "marts.dim_plans", (("plan", "varchar"),))
    >>> broken([old], [Contract("dim_plans", 1, "marts.dim_plans", (("plan", "bigint"),))])
    ['marts.dim_plans promised the column plan as varchar, and it is bigint now.']
    """
    promised = list(promised)
    now = {(contract.model, contract.version): contract for contract in offered}
    sentences = []
    for contract in promised:
        kept = now.get((contract.model, contract.version))
        if kept is None:
            if not _has_later(contract, promised, now):
                sentences.append(
                    f"{contract.relation} was promised (version {contract.version}), "
                    "and is not published any more."
                )
            continue
        if kept.relation != contract.relation:
            sentences.append(f"{contract.relation} was promised, and is {kept.relation} now.")
        types = dict(kept.columns)
        for column, data_type in contract.columns:
            if column not in types:
                sentences.append(
                    f"{contract.relation} promised the column {column}, and it is gone."
                )
            elif types[column] != data_type:
                sentences.append(
                    f"{contract.relation} promised the column {column} as {data_type}, "
                    f"and it is {types[column]} now."
                )
    return sentences


def _has_later(contract: Contract, promised: list[Contract], now: Mapping) -> bool:
    """Return whether readers of a version were promised a later one that they can go to."""
    return any(
        later.model == contract.model
        and later.version > contract.version
        and (later.model, later.version) in now
        for later in promised
    )


def as_text(contracts: Iterable[Contract]) -> str:
    """Return contracts as the file of promises has them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    for contract in sorted(contracts):
        for column, data_type in contract.columns:
            writer.writerow(
                (contract.relation, contract.model, contract.version, column, data_type)
            )
    return text.getvalue()


def read_promises(root: Path) -> list[Contract]:
    """Return what the project has promised.

    Raises
    ------
    UserError
        If the file is not there, or is no such file.
    """
    found: dict[tuple[str, int, str], list[tuple[str, str]]] = {}
    try:
        with (root / PROMISES).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                relation, model, version, column, data_type = (row[name] for name in _HEADER)
                found.setdefault((model, int(version), relation), []).append((column, data_type))
    except (OSError, KeyError, ValueError) as error:
        raise UserError(
            f"{PROMISES} cannot be read ({error!r}): restore it from git; it has the columns "
            f"{', '.join(_HEADER)}."
        ) from error
    return sorted(Contract(*key, tuple(columns)) for key, columns in found.items())
