"""The list of customers who were forgotten: hashes of their ids, which staging keeps out.

An id is hashed with the salt of the list. That is a pseudonym and not anonymous: whoever has the
list and can guess ids can try them, and ids that count from 1 are guessed in seconds.
"""

from __future__ import annotations

import csv
import hashlib
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from csat.project import UserError, project_vars

_COLUMNS = ("customer_hash", "salt", "characters", "listed_at", "removed_at")


@dataclass(frozen=True)
class Entry:
    """A customer on the list; times are in UTC.

    ``characters`` is the length of the id, so that staging hashes few texts that are none.
    ``removed_at`` is empty until all that was known of the customer is gone.
    """

    customer_hash: str
    characters: int
    listed_at: str
    removed_at: str = ""


@dataclass(frozen=True)
class SuppressionList:
    """The list in a file. A change gives a new list, and is there once it is written."""

    file: Path
    salt: str
    entries: tuple[Entry, ...]

    @classmethod
    def read(cls, file: Path) -> SuppressionList:
        """Return the list of a file, or an empty one where there is none yet.

        Raises
        ------
        UserError
            If the file is no such list.
        """
        if not file.exists():
            return cls(file, secrets.token_hex(16), ())
        try:
            with file.open(encoding="utf-8", newline="") as text:
                rows = list(csv.DictReader(text))
            (salt,) = {row["salt"] for row in rows}
            entries = tuple(
                Entry(
                    row["customer_hash"],
                    int(row["characters"]),
                    row["listed_at"],
                    row["removed_at"],
                )
                for row in rows
            )
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise UserError(
                f"{file} is not a suppression list as `csat forget-customer` writes it: restore it "
                "from a copy."
            ) from error
        return cls(file, salt, entries)

    def hash_of(self, customer_id: str) -> str:
        """Return what stands on the list for an id; staging computes the same in SQL."""
        return hashlib.sha256((self.salt + customer_id).encode()).hexdigest()

    @property
    def pending(self) -> tuple[Entry, ...]:
        """Those whose removal has not come to its end."""
        return tuple(entry for entry in self.entries if not entry.removed_at)

    def with_customers(self, customer_ids: Iterable[str]) -> SuppressionList:
        """Return the list with these customers on it, their removal not yet ended."""
        asked = {self.hash_of(customer_id): len(customer_id) for customer_id in customer_ids}
        known = {entry.customer_hash for entry in self.entries}
        return replace(
            self,
            entries=(
                *(
                    replace(entry, removed_at="") if entry.customer_hash in asked else entry
                    for entry in self.entries
                ),
                *(
                    Entry(customer_hash, characters, _now())
                    for customer_hash, characters in asked.items()
                    if customer_hash not in known
                ),
            ),
        )

    def all_removed(self) -> SuppressionList:
        """Return the list with the removal of everybody on it ended."""
        now = _now()
        return replace(
            self,
            entries=tuple(
                entry if entry.removed_at else replace(entry, removed_at=now)
                for entry in self.entries
            ),
        )

    def write(self) -> None:
        """Put the list into its file, whole or not at all.

        Raises
        ------
        UserError
            If it cannot be written.
        """
        beside = self.file.with_name(self.file.name + ".next")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("w", encoding="utf-8", newline="") as text:
                writer = csv.writer(text, lineterminator="\n")
                writer.writerow(_COLUMNS)
                for entry in self.entries:
                    writer.writerow(
                        (
                            entry.customer_hash,
                            self.salt,
                            entry.characters,
                            entry.listed_at,
                            entry.removed_at,
                        )
                    )
                text.flush()
                os.fsync(text.fileno())
            beside.replace(self.file)
        except OSError as error:
            raise UserError(
                f"{self.file} cannot be written ({error.strerror or error}): make its folder "
                "writable, or name another place by CSAT_SUPPRESSION_LIST."
            ) from error


def suppression_list_of(root: Path) -> Path:
    """Return the file of the list: CSAT_SUPPRESSION_LIST, or else the var suppression_list."""
    default = project_vars(root)["suppression_list"]
    return root / os.environ.get("CSAT_SUPPRESSION_LIST", default)


def require_removed(root: Path) -> None:
    """Raise ``UserError`` where the removal of somebody on the list was broken off."""
    if SuppressionList.read(suppression_list_of(root)).pending:
        raise UserError(
            "A `csat forget-customer` was broken off before all was removed: run "
            "`csat forget-customer`, without ids, which removes whoever is on the list."
        )


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
