"""Run the project on the Shopzilla data: map them to the contract, build, and tell the outcome."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import duckdb

from csat.contract import load_contract
from csat.dbt_process import run_dbt
from csat.mapping import map_to_contract
from csat.project import UserError, project_root

EXAMPLE = Path(__file__).resolve().parent
SOURCE_NAME = "customer_support_17k.csv"


def find_source(root: Path) -> Path:
    """Return the data file: SHOPZILLA_CSV, or where the file usually lies."""
    named = os.environ.get("SHOPZILLA_CSV")
    usual = [
        root / "data" / "shopzilla" / SOURCE_NAME,
        root.parent / "shared" / "data" / "shopzilla" / SOURCE_NAME,
    ]
    for place in [Path(named)] if named else usual:
        if place.is_file():
            return place
    raise UserError(
        f"{named or SOURCE_NAME} is not there: {(EXAMPLE / 'README.md').relative_to(root)} says "
        "where to get it; then set SHOPZILLA_CSV to its path."
    )


def main() -> None:
    """Map, build, and print rows accounted for and CSAT."""
    root = project_root()
    place = root / "warehouse" / "shopzilla"
    published_file = place / "csat.duckdb"
    map_to_contract(
        EXAMPLE / "contract.sql",
        place / "tables",
        load_contract(root),
        {"source_file": str(find_source(root))},
    )
    process = run_dbt(
        root,
        ["build"],
        {
            "CSAT_SOURCE": str(place / "tables"),
            "CSAT_BUILD_FILE": str(place / "csat_build.duckdb"),
            "CSAT_PUBLISHED_FILE": str(published_file),
            "DBT_TARGET_PATH": str(place / "target"),
            "DBT_LOG_PATH": str(place / "logs"),
        },
    )
    if process.returncode != 0:
        raise UserError(f"The build failed:\n{process.stdout}")
    with duckdb.connect(str(published_file), read_only=True) as connection:
        for title, query in (
            (
                "Rows",
                "select source_table, rows_received, rows_accepted, rows_superseded, rows_rejected "
                "from monitoring.source_row_counts where is_present order by source_table",
            ),
            (
                "Refused",
                "select source_table, rule, rejected_column, count(*) as rows "
                "from staging.stg_rejected_records group by all order by all",
            ),
            (
                "Survey CSAT",
                "select count(*) as answers, count(*) filter (where is_satisfied) as satisfied, "
                "round(100.0 * count(*) filter (where is_satisfied) / count(*), 1) as csat "
                "from marts.fct_survey_answers where metric = 'csat'",
            ),
        ):
            print(title)
            connection.sql(query).show()
    print(f"The marts are in {published_file.relative_to(root)}.")


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(f"Error: {error}")
