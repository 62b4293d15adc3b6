"""The bands of scores, as the company has defined them, with those that nobody is in."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from csat.pages.settings import project_var
from csat.project import UserError

#: Where bands are defined, from the project's folder.
BANDS = Path("seeds", "csat_bands.csv")
#: Whose bands count where an industry has none of its own.
DEFAULT = "default"


def customer_bands(root: Path) -> list[dict]:
    """Return customers' bands from the lowest up: ``band``, ``from_score`` and ``label``.

    Raises
    ------
    UserError
        If the project's files cannot be read.
    """
    industry = project_var(root, "company_industry")
    try:
        with (root / BANDS).open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["level"] == "customer"]
        own = [row for row in rows if row["industry"] == industry]
        bands = own or [row for row in rows if row["industry"] == DEFAULT]
        return sorted(
            (
                {
                    "band": row["band"],
                    "from_score": float(row["from_score"]),
                    "label": row["label"],
                }
                for row in bands
            ),
            key=lambda row: row["from_score"],
        )
    except (OSError, KeyError, ValueError) as error:
        raise UserError(f"The bands in {BANDS} cannot be read ({error}): mend them.") from error


def in_all_bands(bands: list[dict], customers: Mapping[str, int]) -> list[dict]:
    """Return each band with its customers, 0 where there are none, named with its range."""
    ends = [band["from_score"] for band in bands[1:]] + [100.0]
    return [
        {
            "title": f"{band['band']}, {band['from_score']:g} to {end:g}",
            "customers": int(customers.get(band["band"], 0)),
        }
        for band, end in zip(bands, ends, strict=True)
    ]
