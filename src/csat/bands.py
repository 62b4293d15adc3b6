"""The bands of satisfaction, as the seed csat_bands has them for the company's industry."""

from __future__ import annotations

import csv
from pathlib import Path

import yaml

from csat.project import PROJECT_FILE

#: Bands are of single customers, or of many together.
CUSTOMER, AGGREGATE = "customer", "aggregate"
_FILE = Path("seeds", "csat_bands.csv")
_ANY_INDUSTRY = "default"


def read_bands(root: Path, level: str) -> dict[str, float]:
    """Return the score that each band begins at, the lowest band first.

    Those of the industry that the var company_industry names in `dbt_project.yml`, and the default
    ones where it has none of its own on this level, as the macro company_bands does.
    """
    project = yaml.safe_load((root / PROJECT_FILE).read_text(encoding="utf-8"))
    with (root / _FILE).open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["level"] == level]
    for industry in (project["vars"]["company_industry"], _ANY_INDUSTRY):
        bands = {
            row["band"]: float(row["from_score"]) for row in rows if row["industry"] == industry
        }
        if bands:
            break
    return dict(sorted(bands.items(), key=lambda band: band[1]))
