"""The bands of satisfaction, as the seed csat_bands has them for the company's industry."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import yaml

from csat.project import PROJECT_FILE, UserError, read_yaml

#: Bands are of single customers, or of many together.
CUSTOMER, AGGREGATE = "customer", "aggregate"
_FILE = Path("seeds", "csat_bands.csv")
_ANY_INDUSTRY = "default"


def read_bands(root: Path, level: str) -> dict[str, float]:
    """Return the score that each band begins at, the lowest band first.

    Those of the industry that the var company_industry names in `dbt_project.yml`, and the default
    ones where it has none of its own on this level, as the macro company_bands does.

    Raises
    ------
    UserError
        If the project's files cannot be read.
    """
    try:
        project = read_yaml(root / PROJECT_FILE)
        with (root / _FILE).open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["level"] == level]
        for industry in (project["vars"]["company_industry"], _ANY_INDUSTRY):
            bands = {
                row["band"]: float(row["from_score"]) for row in rows if row["industry"] == industry
            }
            if bands:
                break
    except (OSError, KeyError, ValueError, yaml.YAMLError) as error:
        raise UserError(f"The bands in {_FILE} cannot be read ({error}): mend them.") from error
    return dict(sorted(bands.items(), key=lambda band: band[1]))


def in_all_bands(bands: Mapping[str, float], customers: Mapping[str, int]) -> list[dict]:
    """Return each band with its customers, 0 where there are none, named with its range."""
    ends = [*list(bands.values())[1:], 100.0]
    return [
        {
            "title": f"{band}, {first:g} to {end:g}",
            "customers": int(customers.get(band, 0)),
        }
        for (band, first), end in zip(bands.items(), ends, strict=True)
    ]
